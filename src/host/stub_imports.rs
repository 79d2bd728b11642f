//! Functions that the runner provides for imports: those of rules, and those that TinyGo programs expect from any
//! host.

use super::import_rules::{StringPositions, StubImport};
use super::stub_arguments::{arguments, number, string_positions};
use super::trace::{CallOutcome, LineStart};
use super::value_types::{engine_func_type, zero};
use super::{Host, import_errors};
use crate::console;
use crate::error::Error;
use crate::go_literals::number as literal;
use crate::module::{self, ExternType, FuncType, Import, ValueType};
use std::sync::Arc;
use wasmi::{Caller, F32, F64, Func, Store, Val};

/// Creates a function that TinyGo programs expect from any host: `env.log`, or `main.main` for a program without one.
pub(super) fn built_in(store: &mut Store<Host>, import: &Import) -> Option<Func> {
    use ValueType::I32;
    let (params, results, stub) = match (import.module.as_str(), import.name.as_str()) {
        ("env", "log") => (
            vec![I32, I32],
            vec![],
            StubImport::Print(StringPositions::Detect),
        ),
        ("env", "main.main" | "main/main") => (vec![I32], vec![I32], StubImport::Zero),
        _ => return None,
    };
    create(store, import, &FuncType { params, results }, &stub).ok()
}

/// Creates the function that a rule provides for an import.
///
/// # Errors
///
/// `CommandLine` if the rule does not match the import.
pub(super) fn function(
    store: &mut Store<Host>,
    import: &Import,
    stub: &StubImport,
) -> Result<Func, Error> {
    let created = match &import.ty {
        ExternType::Func(ty) => create(store, import, ty, stub),
        _ => Err("a rule can only provide a function".to_owned()),
    };
    created.map_err(|problem| {
        let message = format!("the rule does not match the import {import}");
        let error = Error::command_line(message).detail(problem);
        match import.ty {
            ExternType::Func(_) => error,
            _ => error.hint(import_errors::hint_for_object(import)),
        }
    })
}

fn create(
    store: &mut Store<Host>,
    import: &Import,
    ty: &FuncType,
    stub: &StubImport,
) -> Result<Func, String> {
    let stub = match stub {
        StubImport::Print(_) if ty.params.is_empty() => {
            return Err("print is for a function with parameters".to_owned());
        }
        StubImport::Print(strings) => StubImport::Print(string_positions(strings, &ty.params)?),
        other => other.clone(),
    };
    let name = import.full_name();
    // The trace may print the name for each call, so it is limited.
    let printed_name: Arc<str> = module::cut_name(&name).into();
    let constants = match &stub {
        StubImport::Constant(constant) => vec![constant_of(constant, ty)?],
        _ => ty.results.iter().copied().map(zero).collect(),
    };
    let ty = engine_func_type(ty);
    let call = {
        let (name, stub) = (printed_name.clone(), stub.clone());
        move |caller: &Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
            match &stub {
                StubImport::Print(strings) => print(caller, &name, strings, arguments)?,
                StubImport::Trace => trace(caller, &name, arguments),
                StubImport::Trap => {
                    return Err(wasmi::Error::new(format!("the import {name} was called")));
                }
                StubImport::Zero | StubImport::Constant(_) => {}
            }
            results.clone_from_slice(&constants);
            Ok(())
        }
    };
    let Some(observer) = store.data().observer.function(&name) else {
        let plain = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
            call(&caller, arguments, results)
        };
        return Ok(Func::new(store, ty, plain));
    };
    let observing = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
        let line = || {
            let strings = match &stub {
                StubImport::Print(strings) => strings,
                _ => &StringPositions::Detect,
            };
            let arguments = quoted(&caller, strings, arguments);
            format!("{printed_name}({arguments})")
        };
        let observed = observer.begin(LineStart::AfterCall, line);
        let returned = call(&caller, arguments, &mut *results);
        let counted = match returned {
            Ok(()) => CallOutcome::Success { bytes: 0 },
            Err(_) => CallOutcome::Failure,
        };
        observed.end(counted, || match (&returned, &*results) {
            (Err(_), _) => "?".to_owned(),
            (Ok(()), []) => "()".to_owned(),
            (Ok(()), results) => list(results),
        });
        returned
    };
    Ok(Func::new(store, ty, observing))
}

/// The arguments of a call as a trace prints them.
fn quoted(caller: &Caller<'_, Host>, strings: &StringPositions, values: &[Val]) -> String {
    match arguments(caller, strings, values) {
        Ok(arguments) => {
            let quoted = arguments.iter().map(|argument| argument.quoted());
            quoted.collect::<Vec<_>>().join(", ")
        }
        Err(_) => list(values),
    }
}

fn list(values: &[Val]) -> String {
    values.iter().map(number).collect::<Vec<_>>().join(", ")
}

fn constant_of(constant: &str, ty: &FuncType) -> Result<Val, String> {
    match ty.results.as_slice() {
        [ValueType::I32] => literal::parse_i32(constant).map(Val::I32),
        [ValueType::I64] => literal::parse_i64(constant).map(Val::I64),
        [ValueType::F32] => {
            literal::parse_float(constant).map(|value| Val::F32(F32::from_float(value)))
        }
        [ValueType::F64] => {
            literal::parse_float(constant).map(|value| Val::F64(F64::from_float(value)))
        }
        _ => Err("a number is for a function with one numeric result".to_owned()),
    }
}

/// Prints arguments as one line on standard output.
fn print(
    caller: &Caller<'_, Host>,
    name: &str,
    strings: &StringPositions,
    values: &[Val],
) -> Result<(), wasmi::Error> {
    let arguments = arguments(caller, strings, values).map_err(|problem| {
        wasmi::Error::new(format!("{name} was called with a string {problem}"))
    })?;
    let words: Vec<_> = arguments
        .iter()
        .map(|argument| argument.as_bytes())
        .collect();
    let written = caller.data().streams.write_line(&words);
    written.map_err(|error| wasmi::Error::new(format!("cannot write to standard output: {error}")))
}

/// Prints a call on standard error.
fn trace(caller: &Caller<'_, Host>, name: &str, values: &[Val]) {
    let arguments = quoted(caller, &StringPositions::Detect, values);
    let line = format!("{name}({arguments})\n");
    // The call succeeds even if the line cannot be printed.
    let _ = console::write_stderr(line.as_bytes());
}
