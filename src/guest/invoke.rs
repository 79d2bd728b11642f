//! Calls exports. Preparing a call finds the export, lowers the arguments and makes every check that is possible before
//! the guest runs. Making the call copies bytes into the guest's memory, lifts the results and frees the memory.

use super::allocator::{self, Allocator, Need};
use super::arg_bytes::MaxBytes;
use super::call_memory::CallMemory;
use super::instance::Instance;
use super::lift::{self, Returned};
use super::lower::{Callee, LoweredArg, LoweredArgs, TypedArg};
use super::memory_span::MemorySpan;
use super::{Outcome, ResultValue, TrapSite, export_errors};
use crate::call_expr::{CallArgs, CallExpr, KnownParams, View};
use crate::error::Error;
use crate::go_literals::name;
use crate::go_types::layout::Layout;
use crate::host;
use crate::module::{Module, ResultPlace, Signature};
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
    pub(super) description: String,
    call: CallExpr,
    args: Vec<LoweredArg>,
    /// The size of the result, if it is returned through memory.
    result_bytes: Option<u32>,
    results: Vec<Val>,
    layout: Layout,
}

/// What preparing a call needs to know about its module.
pub(super) struct CallContext<'a> {
    pub(super) module: &'a Module,
    /// The Go signatures of exports, as far as they are known.
    pub(super) signatures: HashMap<String, Rc<Signature>>,
    pub(super) allocator: Option<&'a Allocator>,
    pub(super) max: MaxBytes,
}

/// The minimum number of bytes allocated for a result returned through memory. Where its type is not given, the function
/// may write more than a string's address and length.
const MIN_RESULT_BYTES: u32 = 256;

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
    pub(super) fn prepare(&self, context: &CallContext<'_>) -> Result<PreparedInvocation, Error> {
        let module = context.module;
        let Some((ty, index)) = module.interface.exported_function(self.name()) else {
            return Err(export_errors::unknown(&self.listed(), module));
        };
        export_errors::refuse_uncallable(module, self.name(), index)?;
        let signature = context.signatures.get(self.name());
        let callee = Callee {
            ty,
            signature: signature.map(|signature| &**signature),
            view: self.call.view.as_ref(),
            layout: module.layout(),
            max: context.max,
        };
        let LoweredArgs { args, result_place } =
            lower(&self.args(), &callee).map_err(|error| self.mismatch(&callee, error))?;
        self.require_memory(context, &args, result_place)?;
        Ok(PreparedInvocation {
            description: self.to_string(),
            call: self.listed(),
            args,
            result_bytes: (result_place == ResultPlace::Memory)
                .then(|| result_bytes(callee.view, callee.layout)),
            results: ty.results.iter().copied().map(host::zero).collect(),
            layout: callee.layout,
        })
    }

    fn args(&self) -> Vec<TypedArg> {
        match &self.call.args {
            CallArgs::Listed(args) => args.iter().cloned().map(TypedArg::Listed).collect(),
            CallArgs::Words => self.words.iter().cloned().map(TypedArg::Word).collect(),
        }
    }

    /// The call with its arguments in parentheses.
    fn listed(&self) -> CallExpr {
        match &self.call.args {
            CallArgs::Listed(_) => self.call.clone(),
            CallArgs::Words => {
                let words = self.words.iter().map(|word| word.to_string_lossy());
                let words: Vec<_> = words.map(|word| word.into_owned()).collect();
                self.call.with_words(&words)
            }
        }
    }

    /// Checks that the module exports what the call needs in addition to its function.
    fn require_memory(
        &self,
        context: &CallContext<'_>,
        args: &[LoweredArg],
        result_place: ResultPlace,
    ) -> Result<(), Error> {
        let in_memory = |arg: &LoweredArg| match arg {
            LoweredArg::Value(_) => false,
            LoweredArg::Memory(memory) => memory.bytes.length() != Some(0),
        };
        let allocates = result_place == ResultPlace::Memory || args.iter().any(in_memory);
        let view = self.call.view.as_ref();
        let (module, allocator) = (context.module, context.allocator);
        if allocates {
            allocator::require(module, allocator, Some(Need::Alloc))?;
        }
        if view.is_some_and(View::is_owned) {
            allocator::require(module, allocator, Some(Need::Free))?;
        }
        if result_place == ResultPlace::Stack && self.reads_memory() {
            allocator::require(module, allocator, None)?;
        }
        Ok(())
    }

    /// Returns true if the results on the wasm stack refer to memory.
    fn reads_memory(&self) -> bool {
        let view = self.call.view.as_ref();
        view.is_some_and(|view| view.is_in_memory() && !matches!(view, View::Tuple(_)))
    }

    fn mismatch(&self, callee: &Callee<'_>, problem: String) -> Error {
        let declaration = match callee.signature {
            Some(signature) => signature.declaration(self.name(), callee.ty),
            None => format!("{} {}", name::quote(self.name()), callee.ty),
        };
        let message = format!("the call does not match {declaration}");
        let error = Error::command_line(message).detail(problem);
        let error = match self.words.first() {
            Some(word) if word == "--" => {
                error.detail("`--` is one of them: all words after MODULE are arguments")
            }
            _ => error,
        };
        match self.correction(callee) {
            // The debug information does not have the type of a result.
            Some(call) if self.is_guessed(&call) => error.hint(format!(
                "write its Go type, as in {}, -> []int32 or -> (int, int)",
                call.option()
            )),
            Some(call) => error.hint(format!("write {}", call.option())),
            None => error,
        }
    }

    /// A similar call that fits.
    fn correction(&self, callee: &Callee<'_>) -> Option<CallExpr> {
        // Standard input and pipes can be read only once.
        if self.call.files().next().is_some() {
            return None;
        }
        let place = callee
            .signature
            .map(|signature| signature.result_place(callee.ty));
        let params = match place {
            Some(Some(_)) => KnownParams::GoTypes,
            Some(None) | None => KnownParams::WasmTypes,
        };
        let param_count = callee.signature.map(|signature| signature.params.len());
        let similar = self.listed().similar(params).into_iter();
        let mut similar = similar.filter(|call| self.is_likely(call, callee));
        similar.find(|call| {
            let CallArgs::Listed(args) = &call.args else {
                return false;
            };
            // A number is not meant as the address and the length of a string.
            if params == KnownParams::GoTypes && Some(args.len()) != param_count {
                return false;
            }
            let args: Vec<_> = args.iter().cloned().map(TypedArg::Listed).collect();
            let view = call.view.as_ref();
            lower(&args, &Callee { view, ..*callee }).is_ok()
        })
    }

    /// Returns true if a similar call has a type of the result that was not typed.
    fn is_guessed(&self, similar: &CallExpr) -> bool {
        let is_typed = |call: &CallExpr| matches!(call.view, Some(View::Text(_)));
        is_typed(similar) && !is_typed(&self.call)
    }

    /// Returns true if the type of a similar call's result is likely: only a result in memory becomes a string, and it is
    /// rather a string than several values.
    fn is_likely(&self, similar: &CallExpr, callee: &Callee<'_>) -> bool {
        let is_in_memory = callee.ty.results.is_empty();
        match &similar.view {
            view if *view == self.call.view => true,
            Some(View::Tuple(_)) => !is_in_memory,
            Some(View::Text(_)) => {
                is_in_memory || self.call.view.as_ref().is_some_and(View::is_owned)
            }
            _ => true,
        }
    }
}

/// Lowers the arguments, and checks that the results can be printed.
fn lower(args: &[TypedArg], callee: &Callee<'_>) -> Result<LoweredArgs, String> {
    let lowered = callee.lower(args)?;
    lift::check(callee.view, callee.ty, lowered.result_place)?;
    Ok(lowered)
}

/// The number of bytes to allocate for a result returned through memory.
fn result_bytes(view: Option<&View>, layout: Layout) -> u32 {
    match view {
        Some(View::Tuple(types)) => layout.fields(types).1.max(MIN_RESULT_BYTES),
        _ => MIN_RESULT_BYTES,
    }
}

/// The call for messages and reports, in the same form for both sources of arguments.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listed().fmt(f)
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
        allocator: Option<&Allocator>,
        on_result: super::OnResult<'_>,
    ) -> Result<(), Outcome> {
        let Self {
            description,
            call,
            args,
            result_bytes,
            mut results,
            layout,
        } = self;
        log::info!("calling {description}");
        let mut memory = CallMemory::new(allocator);
        let result = match result_bytes {
            Some(length) => Some(memory.allocate(instance, length)?.used),
            None => None,
        };
        let mut values = Vec::from_iter(result.map(MemorySpan::address_value));
        for arg in args {
            memory.pass(arg, instance, &mut values)?;
        }
        let site = TrapSite::Export(call.name.clone());
        instance.call(&call.name, site, &values, &mut results)?;
        let returned = Returned {
            values: &results,
            span: result,
            instance,
            layout,
        };
        let lifted = returned.lift(call.view.as_ref())?;
        on_result(InvocationResult {
            call: description,
            results: lifted.values,
        })?;
        if let Some(owned) = lifted.owned {
            memory.free_owned(instance, owned, call)?;
        }
        memory.free(instance)
    }
}
