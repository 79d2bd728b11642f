//! Calls of exports: finding the export and fitting the call to it, which ends in everything that can
//! be refused before the guest runs; then making it, from the strings put into memory to the results
//! shown and the memory freed.

use super::arguments::{self, Argument, Fitted, Typed, Wanted};
use super::content::Room;
use super::instance::Instance;
use super::memory::Need;
use super::results::{self, Shown};
use super::{Outcome, Site, memory};
use crate::cli::invoke::{CallArgs, CallExpr, Ownership, View};
use crate::error::Error;
use crate::host;
use crate::module::{FuncType, Module, ResultPlace, Signature};
use crate::nearest;
use std::collections::HashMap;
use std::ffi::OsString;
use std::rc::Rc;
use wasmi::Val;

/// A call as it was typed.
#[derive(Clone, Debug)]
pub struct Call {
    /// The call itself.
    pub call: CallExpr,
    /// The words behind MODULE, for a call that takes its arguments from there.
    pub words: Vec<OsString>,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct CallResult {
    /// The call, as reports show it.
    pub call: String,
    /// Its results.
    pub results: Vec<Shown>,
}

/// A call that fits its export.
pub(super) struct PreparedCall {
    shown: String,
    name: String,
    arguments: Vec<Argument>,
    place: ResultPlace,
    results: Vec<Val>,
    view: Option<View>,
}

/// How much room a result gets that is returned through memory. A string takes 8 bytes and a slice 12;
/// what else may be returned so, as a struct, should not write over what lies behind.
const RESULT_ROOM: u32 = 256;

/// The signatures of the functions that are called, as far as they are known. Nothing depends on that of one
/// that takes nothing.
pub(super) fn signatures(calls: &[Call], module: &Module) -> HashMap<String, Rc<Signature>> {
    let takes_something = |call: &&Call| {
        let export = module.interface.exported_function(call.name());
        export.is_some_and(|(ty, _)| !ty.params.is_empty()) || !call.typed().is_empty()
    };
    let names: Vec<_> = calls
        .iter()
        .filter(takes_something)
        .map(Call::name)
        .collect();
    match names.is_empty() {
        true => HashMap::new(),
        false => module.signatures(&names),
    }
}

impl Call {
    /// The export's name.
    pub(super) fn name(&self) -> &str {
        &self.call.name
    }

    /// Fits the call to what the module exports.
    ///
    /// # Errors
    ///
    /// `CommandLine` where there is no such function, where it cannot be called from outside, and
    /// where the arguments are not its own.
    pub(super) fn prepare(
        &self,
        module: &Module,
        signatures: &HashMap<String, Rc<Signature>>,
        room: Room,
    ) -> Result<PreparedCall, Error> {
        let Some((ty, index)) = module.interface.exported_function(self.name()) else {
            return Err(self.unknown(module));
        };
        refuse_dead_export(module, self.name(), index)?;
        let signature = signatures.get(self.name()).map(|signature| &**signature);
        let view = self.call.view;
        let wanted = match view {
            Some(View::Text(_) | View::Bytes(_)) => Wanted::Memory,
            Some(View::Number(_)) | None => Wanted::Values,
        };
        let fitted = arguments::fit(&self.typed(), ty, signature, wanted, room);
        let fitted = fitted.and_then(|fitted| {
            results::check(view, ty, fitted.place)?;
            Ok(fitted)
        });
        let Fitted { arguments, place } =
            fitted.map_err(|said| self.misfit(ty, signature, said))?;
        let in_memory = |argument: &Argument| match argument {
            Argument::Value(_) => false,
            Argument::Pair(content) | Argument::Slice(content) => content.length() != Some(0),
        };
        let allocates = place == ResultPlace::Memory || arguments.iter().any(in_memory);
        let frees = allocates
            || matches!(
                view,
                Some(View::Text(Ownership::Owned) | View::Bytes(Ownership::Owned))
            );
        let needs = [
            (allocates || wanted == Wanted::Memory, Need::Memory),
            (allocates, Need::Malloc),
            (frees, Need::Free),
        ];
        for (_, need) in needs.into_iter().filter(|(is_needed, _)| *is_needed) {
            memory::require(module, need)?;
        }
        Ok(PreparedCall {
            shown: self.to_string(),
            name: self.name().to_owned(),
            arguments,
            place,
            results: ty.results.iter().copied().map(host::zero).collect(),
            view,
        })
    }

    fn typed(&self) -> Vec<Typed> {
        match &self.call.args {
            CallArgs::Listed(args) => args.iter().cloned().map(Typed::Part).collect(),
            CallArgs::Words => self.words.iter().cloned().map(Typed::Word).collect(),
        }
    }

    fn misfit(&self, ty: &FuncType, signature: Option<&Signature>, said: String) -> Error {
        let declared = match signature {
            Some(signature) => signature.declaration(self.name(), ty),
            None => format!("{} {ty}", self.name()),
        };
        let error = Error::command_line(format!("the call does not fit {declared}")).detail(said);
        match self.words.first() {
            Some(word) if word == "--" => error
                .detail("`--` is one of them: what is typed after MODULE is taken as it stands"),
            _ => error,
        }
    }

    fn unknown(&self, module: &Module) -> Error {
        let (of, name) = (&module.name, self.name());
        let error = Error::command_line(format!("{of} exports no function {name}"));
        match nearest_exports(name, module).as_slice() {
            [] => error.detail("it exports no function at all"),
            exports => error.hint(format!("it exports {}", exports.join(", "))),
        }
    }
}

/// The call as messages and reports show it: in one piece, wherever its arguments came from.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.call.args {
            CallArgs::Listed(_) => self.call.fmt(f),
            CallArgs::Words => {
                let words: Vec<_> = self
                    .words
                    .iter()
                    .map(|word| word.to_string_lossy())
                    .collect();
                write!(f, "{}({})", self.name(), words.join(", "))
            }
        }
    }
}

impl PreparedCall {
    /// Makes the call, and hands on what came of it before anything is freed.
    ///
    /// # Errors
    ///
    /// Every way in which it ends without returning, and what `on_result` makes of a result that
    /// cannot be handed on. Nothing in the guest is called any more then.
    pub(super) fn call(
        self,
        instance: &mut Instance,
        on_result: super::OnResult<'_>,
    ) -> Result<(), Outcome> {
        let Self {
            shown,
            name,
            arguments,
            place,
            mut results,
            view,
        } = self;
        log::info!("calling {shown}");
        let mut to_free = Vec::new();
        let result_place = match place {
            ResultPlace::Memory => Some(memory::allocate(instance, RESULT_ROOM)?),
            ResultPlace::Stack => None,
        };
        let mut values: Vec<Val> = Vec::new();
        if let Some(span) = result_place {
            to_free.push(span.address);
            values.push(span.values()[0].clone());
        }
        for argument in arguments {
            put(argument, instance, &mut values, &mut to_free)?;
        }
        instance.call(&name, Site::Export(name.clone()), &values, &mut results)?;
        let read = results::read(view, &results, result_place, instance)?;
        on_result(CallResult {
            call: shown,
            results: read.shown,
        })
        .map_err(Outcome::of_output)?;
        // What the result shares with an argument is freed with that.
        let owned = read.owned.filter(|address| !to_free.contains(address));
        for address in owned.into_iter().chain(to_free) {
            memory::free(instance, address)?;
        }
        Ok(())
    }
}

/// Turns one argument into the values that it is passed as.
fn put(
    argument: Argument,
    instance: &mut Instance,
    values: &mut Vec<Val>,
    to_free: &mut Vec<u32>,
) -> Result<(), Outcome> {
    let (mut content, is_slice) = match argument {
        Argument::Value(value) => {
            values.push(value);
            return Ok(());
        }
        Argument::Pair(content) => (content, false),
        Argument::Slice(content) => (content, true),
    };
    let span = memory::put(instance, &mut content)?;
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

/// A `//go:wasmexport` function of a command panics before `main` ("called before runtime
/// initialization") and after it ("called after main.main returned"), so that it can never be called
/// from outside. TinyGo's wrapper of one has a name of its own in the name section.
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
            "{} is built as a command, whose runtime lives only while main runs",
            module.name
        ))
        .hint("build it as a reactor, with -buildmode=c-shared"))
}

/// The exported functions whose names are most like `name`, or the first few if none is.
fn nearest_exports(name: &str, module: &Module) -> Vec<String> {
    const FEW: usize = 5;
    let exports = module.interface.functions_to_offer();
    let mut shown = nearest::to(name, exports.iter().copied(), |(export, _)| export);
    if shown.is_empty() {
        shown = exports;
    }
    let more = shown.len().saturating_sub(FEW);
    shown.truncate(FEW);
    let names: Vec<_> = shown.iter().map(|(name, _)| *name).collect();
    let signatures = module.signatures(&names);
    let declared = shown.iter().map(|(name, ty)| match signatures.get(*name) {
        Some(signature) => signature.declaration(name, ty),
        None => format!("{name} {ty}"),
    });
    let more = (more > 0).then(|| format!("and {more} more"));
    declared.chain(more).collect()
}
