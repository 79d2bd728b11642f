//! Functions that the runner provides for imports: those of rules, and those that TinyGo programs expect from any
//! host.

use super::Host;
use super::import_rules::StubImport;
use super::trace::{CallOutcome, LineStart, MAX_DATA_BYTES};
use super::value_types::{engine_func_type, zero};
use crate::console;
use crate::error::Error;
use crate::go_literals::number;
use crate::go_literals::string::quote_start;
use crate::module::{self, ExternType, FuncType, Import, ValueType};
use std::sync::Arc;
use wasmi::{Caller, Extern, F32, F64, Func, Store, Val};

/// Creates a function that TinyGo programs expect from any host: `env.log`, or `main.main` for a program without one.
pub(super) fn built_in(store: &mut Store<Host>, import: &Import) -> Option<Func> {
    use ValueType::I32;
    let (params, results, stub) = match (import.module.as_str(), import.name.as_str()) {
        ("env", "log") => (vec![I32, I32], vec![], StubImport::Print),
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
        Error::command_line(message).detail(problem)
    })
}

fn create(
    store: &mut Store<Host>,
    import: &Import,
    ty: &FuncType,
    stub: &StubImport,
) -> Result<Func, String> {
    if *stub == StubImport::Print && !are_strings(&ty.params) {
        return Err("print takes strings, each as an address and a length of type i32".to_owned());
    }
    let name = import.full_name();
    // The trace may print the name for each call, so it is limited.
    let printed_name: Arc<str> = module::cut_name(&name).into();
    let constants = match stub {
        StubImport::Constant(constant) => vec![constant_of(constant, ty)?],
        _ => ty.results.iter().copied().map(zero).collect(),
    };
    let ty = engine_func_type(ty);
    let call = {
        let (name, stub) = (printed_name.clone(), stub.clone());
        move |caller: &Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
            match stub {
                StubImport::Print => print(caller, &name, arguments)?,
                StubImport::Trace => trace(&name, arguments),
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
    let stub = stub.clone();
    let observing = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
        let line = || {
            let arguments = printed_arguments(&caller, &stub, arguments);
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

/// The arguments of a call as the trace prints them.
fn printed_arguments(caller: &Caller<'_, Host>, stub: &StubImport, arguments: &[Val]) -> String {
    let strings = match stub {
        StubImport::Print => strings(caller, arguments).ok(),
        _ => None,
    };
    let Some(strings) = strings else {
        return list(arguments);
    };
    let quoted = strings
        .iter()
        .map(|string| quote_start(string, MAX_DATA_BYTES));
    quoted.collect::<Vec<_>>().join(", ")
}

fn list(values: &[Val]) -> String {
    values.iter().map(printed).collect::<Vec<_>>().join(", ")
}

fn are_strings(params: &[ValueType]) -> bool {
    !params.is_empty()
        && params.len().is_multiple_of(2)
        && params.iter().all(|ty| *ty == ValueType::I32)
}

fn constant_of(constant: &str, ty: &FuncType) -> Result<Val, String> {
    match ty.results.as_slice() {
        [ValueType::I32] => number::parse_i32(constant).map(Val::I32),
        [ValueType::I64] => number::parse_i64(constant).map(Val::I64),
        [ValueType::F32] => {
            number::parse_float(constant).map(|value| Val::F32(F32::from_float(value)))
        }
        [ValueType::F64] => {
            number::parse_float(constant).map(|value| Val::F64(F64::from_float(value)))
        }
        _ => Err("a number is for a function with one numeric result".to_owned()),
    }
}

/// Prints strings, passed as pairs of address and length, as one line on standard output.
fn print(caller: &Caller<'_, Host>, name: &str, pairs: &[Val]) -> Result<(), wasmi::Error> {
    let strings = strings(caller, pairs).map_err(|problem| {
        wasmi::Error::new(format!("{name} was called with a string {problem}"))
    })?;
    let written = caller.data().streams.write_line(&strings);
    written.map_err(|error| wasmi::Error::new(format!("cannot write to standard output: {error}")))
}

/// Reads strings, passed as pairs of address and length.
///
/// # Errors
///
/// The problem, if a string is not in the guest's memory.
fn strings<'m>(caller: &'m Caller<'_, Host>, pairs: &[Val]) -> Result<Vec<&'m [u8]>, &'static str> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err("but the program exports no memory");
    };
    let memory = memory.data(caller);
    let string = |pair: &[Val]| match pair {
        // In wasm, addresses and lengths are unsigned.
        [Val::I32(address), Val::I32(length)] => {
            let (address, length) = (*address as u32 as usize, *length as u32 as usize);
            memory.get(address..address.checked_add(length)?)
        }
        _ => None,
    };
    let strings: Option<Vec<_>> = pairs.chunks_exact(2).map(string).collect();
    strings.ok_or("outside of the program's memory")
}

/// Prints a call on standard error.
fn trace(name: &str, arguments: &[Val]) {
    let line = format!("{name}({})\n", list(arguments));
    // The call succeeds even if the line cannot be printed.
    let _ = console::write_stderr(line.as_bytes());
}

fn printed(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => value.to_float().to_string(),
        Val::F64(value) => value.to_float().to_string(),
        Val::V128(value) => format!("{:#034x}", value.as_u128()),
        Val::FuncRef(_) => "funcref".to_owned(),
        Val::ExternRef(_) => "externref".to_owned(),
    }
}
