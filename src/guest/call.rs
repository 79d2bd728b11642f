//! Calls of exports: finding the export, turning the words of the command line into its arguments,
//! and its results into values. Everything that can be refused is refused before the guest runs.

use super::instance::Instance;
use super::value::{self, Value};
use super::{Outcome, Site};
use crate::cli::{nearest, number};
use crate::error::Error;
use crate::module::{FuncType, Module, ValueType};
use wasmi::Val;

/// A call as it was typed.
#[derive(Clone, Debug)]
pub struct Call {
    /// The export's name.
    pub name: String,
    /// Its arguments, a word each.
    pub args: Vec<String>,
}

/// A call that fits its export.
pub(super) struct PreparedCall {
    name: String,
    arguments: Vec<Val>,
    results: Vec<Val>,
}

impl Call {
    /// Fits the call to what the module exports.
    ///
    /// # Errors
    ///
    /// `CommandLine` where there is no such function, where it cannot be called from outside, and
    /// where the arguments are not its own.
    pub(super) fn prepare(&self, module: &Module) -> Result<PreparedCall, Error> {
        let Some((ty, index)) = module.interface.exported_function(&self.name) else {
            return Err(self.unknown(module));
        };
        refuse_dead_export(module, &self.name, index)?;
        Ok(PreparedCall {
            name: self.name.clone(),
            arguments: self.lower(ty).map_err(|said| self.misfit(ty, said))?,
            results: ty.results.iter().copied().map(value::zero).collect(),
        })
    }

    /// The arguments as values of the parameters' types.
    fn lower(&self, ty: &FuncType) -> Result<Vec<Val>, String> {
        let (wanted, got) = (ty.params.len(), self.args.len());
        if wanted != got {
            let plural = if wanted == 1 { "" } else { "s" };
            return Err(format!("it takes {wanted} argument{plural}, and got {got}"));
        }
        let words = self.args.iter().zip(&ty.params).enumerate();
        words
            .map(|(at, (word, ty))| {
                lower(word, *ty).map_err(|said| format!("argument {}: {said}", at + 1))
            })
            .collect()
    }

    fn misfit(&self, ty: &FuncType, said: String) -> Error {
        let name = &self.name;
        Error::command_line(format!("the arguments do not fit {name} {ty}")).detail(said)
    }

    fn unknown(&self, module: &Module) -> Error {
        let error =
            Error::command_line(format!("{} exports no function {}", module.name, self.name));
        match nearest_exports(&self.name, module).as_slice() {
            [] => error.detail("it exports no function at all"),
            exports => error.hint(format!("it exports {}", exports.join(", "))),
        }
    }
}

impl PreparedCall {
    /// Makes the call.
    ///
    /// # Errors
    ///
    /// Every way in which it ends without returning.
    pub(super) fn call(mut self, instance: &mut Instance) -> Result<Vec<Value>, Outcome> {
        let site = Site::Export(self.name.clone());
        instance.call(&self.name, site, &self.arguments, &mut self.results)?;
        Ok(self.results.iter().map(Value::from).collect())
    }
}

/// One word as a value of this type.
fn lower(word: &str, ty: ValueType) -> Result<Val, String> {
    let value = match ty {
        ValueType::I32 => number::parse_i32(word).map(Value::I32),
        ValueType::I64 => number::parse_i64(word).map(Value::I64),
        ValueType::F32 => number::parse_f32(word).map(Value::F32),
        ValueType::F64 => number::parse_f64(word).map(Value::F64),
        ValueType::V128 | ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => {
            return Err(format!("a {ty} cannot be written on a command line"));
        }
    };
    let said = |said| format!("{said}, where the parameter is an {ty}");
    value.map(Val::from).map_err(said)
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
    let exports = || module.interface.exported_functions();
    let mut shown = nearest::to(name, exports(), |(export, _)| export);
    if shown.is_empty() {
        shown = exports().collect();
    }
    let shown = shown.into_iter().take(FEW);
    shown.map(|(export, ty)| format!("{export} {ty}")).collect()
}
