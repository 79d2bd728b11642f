//! Calls exports. Preparing a call finds the export, lowers the arguments and makes every check that is possible before
//! the guest runs. Making the call copies bytes into the guest's memory, lifts the results and frees the memory.

use super::arg_bytes::MaxBytes;
use super::instance::Instance;
use super::lower::{self, LoweredArg, LoweredArgs, ResultKind, TypedArg};
use super::memory::NeededExport;
use super::{Outcome, ResultValue, TrapSite, lift, memory};
use crate::cli::invoke::{CallArgs, CallExpr, Ownership, View};
use crate::error::Error;
use crate::host;
use crate::module::{FuncType, Module, ResultPlace, Signature};
use crate::nearest;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::rc::Rc;
use wasmi::Val;

/// A call as it was typed.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The value of `--invoke`.
    pub call: CallExpr,
    /// ARGS, if the call takes its arguments from there.
    pub words: Vec<OsString>,
}

/// A call that has returned.
#[derive(Clone, Debug)]
pub struct InvocationResult {
    /// The call, for reports.
    pub call: String,
    /// The results of the call.
    pub results: Vec<ResultValue>,
}

/// A call that is ready to be made.
pub(super) struct PreparedInvocation {
    /// The call, for messages and reports.
    description: String,
    name: String,
    args: Vec<LoweredArg>,
    result_place: ResultPlace,
    results: Vec<Val>,
    view: Option<View>,
}

/// The number of bytes allocated for a result returned through memory. A string takes 8 bytes and a slice 12; the rest
/// is for structs, which the function would otherwise write beyond the allocation.
const RESULT_BYTES: u32 = 256;

/// The maximum number of exports in a message.
const MAX_LISTED_EXPORTS: usize = 5;

/// The Go signatures of the called functions, if they are known. A function without parameters and arguments needs
/// none.
pub(super) fn signatures(calls: &[Invocation], module: &Module) -> HashMap<String, Rc<Signature>> {
    let takes_args = |call: &&Invocation| {
        let export = module.interface.exported_function(call.name());
        export.is_some_and(|(ty, _)| !ty.params.is_empty()) || !call.args().is_empty()
    };
    let calls = calls.iter().filter(takes_args);
    let names: Vec<_> = calls.map(Invocation::name).collect();
    if names.is_empty() {
        HashMap::new()
    } else {
        module.signatures(&names)
    }
}

impl Invocation {
    /// The name of the export.
    pub(super) fn name(&self) -> &str {
        &self.call.name
    }

    /// Prepares the call for a module.
    ///
    /// # Errors
    ///
    /// `CommandLine` if there is no such function, if it cannot be called from outside, or if the arguments do not
    /// match its parameters.
    pub(super) fn prepare(
        &self,
        module: &Module,
        signatures: &HashMap<String, Rc<Signature>>,
        max: MaxBytes,
    ) -> Result<PreparedInvocation, Error> {
        let Some((ty, index)) = module.interface.exported_function(self.name()) else {
            return Err(self.unknown_export(module));
        };
        refuse_dead_export(module, self.name(), index)?;
        let signature = signatures.get(self.name()).map(|signature| &**signature);
        let LoweredArgs { args, result_place } = self
            .lower(ty, signature, max)
            .map_err(|error| self.mismatch(ty, signature, error))?;
        for need in self.needs(&args, result_place) {
            memory::require(module, need)?;
        }
        Ok(PreparedInvocation {
            description: self.to_string(),
            name: self.name().to_owned(),
            args,
            result_place,
            results: ty.results.iter().copied().map(host::zero).collect(),
            view: self.call.view,
        })
    }

    fn lower(
        &self,
        ty: &FuncType,
        signature: Option<&Signature>,
        max: MaxBytes,
    ) -> Result<LoweredArgs, String> {
        let lowered = lower::lower(&self.args(), ty, signature, self.result_kind(), max)?;
        lift::check(self.call.view, ty, lowered.result_place)?;
        Ok(lowered)
    }

    fn args(&self) -> Vec<TypedArg> {
        match &self.call.args {
            CallArgs::Listed(args) => args.iter().cloned().map(TypedArg::Listed).collect(),
            CallArgs::Words => self.words.iter().cloned().map(TypedArg::Word).collect(),
        }
    }

    fn result_kind(&self) -> ResultKind {
        match self.call.view {
            Some(View::Text(_) | View::Bytes(_)) => ResultKind::Bytes,
            Some(View::Number(_)) | None => ResultKind::Values,
        }
    }

    /// The exports that the call needs in addition to its function.
    fn needs(&self, args: &[LoweredArg], result_place: ResultPlace) -> Vec<NeededExport> {
        let in_memory = |arg: &LoweredArg| match arg {
            LoweredArg::Value(_) => false,
            LoweredArg::String(bytes) | LoweredArg::Slice(bytes) => bytes.length() != Some(0),
        };
        let allocates = result_place == ResultPlace::Memory || args.iter().any(in_memory);
        let owns_result = matches!(
            self.call.view,
            Some(View::Text(Ownership::Owned) | View::Bytes(Ownership::Owned))
        );
        let reads = self.result_kind() == ResultKind::Bytes;
        [
            (allocates || reads, NeededExport::Memory),
            (allocates, NeededExport::Malloc),
            (allocates || owns_result, NeededExport::Free),
        ]
        .into_iter()
        .filter_map(|(is_needed, need)| is_needed.then_some(need))
        .collect()
    }

    fn mismatch(&self, ty: &FuncType, signature: Option<&Signature>, problem: String) -> Error {
        let declaration = match signature {
            Some(signature) => signature.declaration(self.name(), ty),
            None => format!("{} {ty}", self.name()),
        };
        let message = format!("the call does not match {declaration}");
        let error = Error::command_line(message).detail(problem);
        match self.words.first() {
            Some(word) if word == "--" => {
                error.detail("`--` is one of them: all words after MODULE are arguments")
            }
            _ => error,
        }
    }

    fn unknown_export(&self, module: &Module) -> Error {
        let (module_name, name) = (&module.name, self.name());
        let error = Error::command_line(format!("{module_name} exports no function {name}"));
        match nearest_exports(name, module).as_slice() {
            [] => error.detail("it exports no function at all"),
            exports => error.hint(format!("it exports {}", exports.join(", "))),
        }
    }
}

/// The call for messages and reports, in the same form for both sources of arguments.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.call.args {
            CallArgs::Listed(_) => self.call.fmt(f),
            CallArgs::Words => {
                let words = self.words.iter().map(|word| word.to_string_lossy());
                let words: Vec<_> = words.collect();
                write!(f, "{}({})", self.name(), words.join(", "))
            }
        }
    }
}

impl PreparedInvocation {
    /// Makes the call, and passes its result to `on_result` before memory is freed.
    ///
    /// # Errors
    ///
    /// Every outcome except a return, and an error of `on_result`. After an error, nothing is freed.
    pub(super) fn invoke(
        self,
        instance: &mut Instance,
        on_result: super::OnResult<'_>,
    ) -> Result<(), Outcome> {
        let Self {
            description,
            name,
            args,
            result_place,
            mut results,
            view,
        } = self;
        log::info!("calling {description}");
        let mut values = Vec::new();
        let mut to_free = Vec::new();
        let result_span = match result_place {
            ResultPlace::Memory => Some(memory::allocate(instance, RESULT_BYTES)?),
            ResultPlace::Stack => None,
        };
        if let Some(span) = result_span {
            to_free.push(span.address);
            values.push(span.values()[0].clone());
        }
        for arg in args {
            pass(arg, instance, &mut values, &mut to_free)?;
        }
        let site = TrapSite::Export(name.clone());
        instance.call(&name, site, &values, &mut results)?;
        let lifted = lift::lift(view, &results, result_span, instance)?;
        let result = InvocationResult {
            call: description,
            results: lifted.values,
        };
        on_result(result).map_err(Outcome::of_output)?;
        // A result that is also an argument must be freed only once.
        let owned = lifted.owned.filter(|address| !to_free.contains(address));
        for address in owned.into_iter().chain(to_free) {
            memory::free(instance, address)?;
        }
        Ok(())
    }
}

/// Adds the values of an argument to `values`, after copying its bytes into the guest's memory.
fn pass(
    arg: LoweredArg,
    instance: &mut Instance,
    values: &mut Vec<Val>,
    to_free: &mut Vec<u32>,
) -> Result<(), Outcome> {
    let (mut bytes, is_slice) = match arg {
        LoweredArg::Value(value) => {
            values.push(value);
            return Ok(());
        }
        LoweredArg::String(bytes) => (bytes, false),
        LoweredArg::Slice(bytes) => (bytes, true),
    };
    let span = memory::put(instance, &mut bytes)?;
    if span.length > 0 {
        to_free.push(span.address);
    }
    let [address, length] = span.values();
    values.extend([address, length.clone()]);
    if is_slice {
        values.push(length);
    }
    Ok(())
}

/// Refuses a `//go:wasmexport` function of a command. It panics before `main` ("called before runtime initialization")
/// and after it ("called after main.main returned"), so it can never be called from outside. TinyGo's wrapper of such a
/// function has its own name in the name section:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/runtime_wasmentry.go>.
fn refuse_dead_export(module: &Module, name: &str, index: u32) -> Result<(), Error> {
    let is_wrapper = || {
        let function = module.function_name(index);
        function.is_some_and(|function| function.ends_with("#wasmexport"))
    };
    if !module.is_command() || !is_wrapper() {
        return Ok(());
    }
    let message = format!("{name} cannot be called: it is a //go:wasmexport function of a command");
    Err(Error::command_line(message)
        .detail(format!(
            "{} is built as a command, whose runtime works only while main runs",
            module.name
        ))
        .hint("build it as a reactor, with -buildmode=c-shared"))
}

/// The exported functions with the names most similar to `name`, or the first few if none is similar.
fn nearest_exports(name: &str, module: &Module) -> Vec<String> {
    let all = module.interface.functions_to_suggest();
    let mut exports = nearest::to(name, all.iter().copied(), |(export, _)| export);
    if exports.is_empty() {
        exports = all;
    }
    let more = exports.len().saturating_sub(MAX_LISTED_EXPORTS);
    exports.truncate(MAX_LISTED_EXPORTS);
    let names: Vec<_> = exports.iter().map(|(name, _)| *name).collect();
    let signatures = module.signatures(&names);
    let declarations = exports
        .iter()
        .map(|(name, ty)| match signatures.get(*name) {
            Some(signature) => signature.declaration(name, ty),
            None => format!("{name} {ty}"),
        });
    let more = (more > 0).then(|| format!("and {more} more"));
    declarations.chain(more).collect()
}
