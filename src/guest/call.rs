//! Calls of exports: finding the export, turning the words of the command line into its arguments,
//! and its results into values. Everything that can be refused is refused before the guest runs.

use super::instance::Instance;
use super::value::{self, Value};
use super::{Outcome, Site};
use crate::cli::number;
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
        let error = Error::command_line(format!("{} exports no function {}", module.name, self.name));
        let nearest = nearest(&self.name, module);
        if nearest.is_empty() {
            return error;
        }
        error.hint(format!("it exports {}", nearest.join(", ")))
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
    let message = format!("{name} is a //go:wasmexport function of a command, which only main could reach");
    Err(Error::command_line(message)
        .detail(format!("{} is built as a command: its runtime ends with main", module.name))
        .hint("build it as a reactor, with -buildmode=c-shared"))
}

/// The exported functions whose names are most like `name`, or the first few if none is.
fn nearest(name: &str, module: &Module) -> Vec<String> {
    const FEW: usize = 5;
    let mut ranked: Vec<_> = module
        .interface
        .exported_functions()
        .map(|(export, ty)| (distance(name, export), format!("{export} {ty}")))
        .collect();
    let close = name.chars().count() / 2 + 1;
    if ranked.iter().any(|(distance, _)| *distance <= close) {
        ranked.retain(|(distance, _)| *distance <= close);
        ranked.sort_by_key(|(distance, _)| *distance);
    }
    ranked.into_iter().take(FEW).map(|(_, export)| export).collect()
}

/// Levenshtein's distance, in letters of either case. Names too long to be typed are not compared.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 200;
    if a.len().max(b.len()) > LONGEST {
        return LONGEST;
    }
    let b: Vec<_> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().map(|c| c.to_ascii_lowercase()).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_edits() {
        for (a, b, edits) in [("", "", 0), ("add", "add", 0), ("Add", "add", 0), ("ad", "add", 1), ("dad", "add", 2), ("", "ab", 2)] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }
}
