//! The functions that stand in for imports: those of the rules, and those that TinyGo's programs expect
//! of any host. What they read of the guest's memory is checked first.

use super::Host;
use super::import_rules::StubImport;
use super::watch::{Begin, Counted, quote};
use crate::console;
use crate::go_literals::number;
use crate::module::{self, FuncType, Import, ValueType};
use std::sync::Arc;
use wasmi::{Caller, Extern, F32, F64, Func, Nullable, Store, Val, ValType};

/// What TinyGo's programs expect of any host: a log, and, where they have none of their own, a `main`.
pub(super) fn built_in(store: &mut Store<Host>, import: &Import) -> Option<Func> {
    use ValueType::I32;
    let (params, results, rule) = match (import.module.as_str(), import.name.as_str()) {
        ("env", "log") => (vec![I32, I32], vec![], StubImport::Print),
        ("env", "main.main" | "main/main") => (vec![I32], vec![I32], StubImport::Zero),
        _ => return None,
    };
    if store.data().watch.is_on() {
        let ty = FuncType { params, results };
        return of_rule(store, import, &ty, &rule).ok();
    }
    Some(match rule {
        StubImport::Print => Func::wrap(
            store,
            |caller: Caller<'_, Host>, address: i32, length: i32| {
                print(&caller, "env.log", &[Val::I32(address), Val::I32(length)])
            },
        ),
        _ => Func::wrap(store, |_context: i32| -> i32 { 0 }),
    })
}

/// The function of a rule for an import of this type.
///
/// # Errors
///
/// Why the rule does not fit.
pub(super) fn of_rule(
    store: &mut Store<Host>,
    import: &Import,
    ty: &FuncType,
    rule: &StubImport,
) -> Result<Func, String> {
    let name = format!("{}.{}", import.module, import.name);
    // It may be shown for each of many calls.
    let shown_name: Arc<str> = module::cut_name(&name).into();
    let takes = match rule {
        StubImport::Print => Takes::Strings,
        _ => Takes::Numbers,
    };
    let answer = match rule {
        StubImport::Constant(constant) => vec![constant_of(constant, ty)?],
        _ => ty.results.iter().copied().map(zero).collect(),
    };
    let rule = rule.clone();
    if rule == StubImport::Print && !is_pairs(&ty.params) {
        return Err("print takes strings, each an address and a length of type i32".to_owned());
    }
    let own_name = shown_name.clone();
    let call = move |caller: &Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
        match rule {
            StubImport::Print => print(caller, &own_name, arguments)?,
            StubImport::Trace => trace(&own_name, arguments),
            StubImport::Trap => {
                return Err(wasmi::Error::new(format!(
                    "the import {own_name} was called"
                )));
            }
            StubImport::Zero | StubImport::Constant(_) => {}
        }
        results.clone_from_slice(&answer);
        Ok(())
    };
    let types = |types: &[ValueType]| types.iter().copied().map(engine_type).collect::<Vec<_>>();
    let ty = wasmi::FuncType::new(types(&ty.params), types(&ty.results));
    let Some(watched) = store.data().watch.of(&name) else {
        let plain = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
            call(&caller, arguments, results)
        };
        return Ok(Func::new(store, ty, plain));
    };
    let watching = move |caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]| {
        let shown = || shown_call(&caller, &shown_name, arguments, takes);
        let watching = watched.begin(Begin::AtEnd, shown);
        let answer = call(&caller, arguments, &mut *results);
        let counted = match answer {
            Ok(()) => Counted::Done { bytes: 0 },
            Err(_) => Counted::Failed,
        };
        watching.end(counted, || match (&answer, &*results) {
            (Err(_), _) => "?".to_owned(),
            (Ok(()), []) => "()".to_owned(),
            (Ok(()), results) => list(results),
        });
        answer
    };
    Ok(Func::new(store, ty, watching))
}

/// What the arguments of an import are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Strings,
    Numbers,
}

/// A call as a line of the trace begins.
fn shown_call(caller: &Caller<'_, Host>, name: &str, arguments: &[Val], takes: Takes) -> String {
    let strings = || match takes {
        Takes::Strings => strings(caller, name, arguments).ok(),
        Takes::Numbers => None,
    };
    let arguments = match strings() {
        Some(strings) => {
            let quoted = strings.iter().map(|string| {
                let first = string.get(..=quote::SHOWN).unwrap_or(string);
                quote::data(first, string.len() as u64)
            });
            quoted.collect::<Vec<_>>().join(", ")
        }
        None => list(arguments),
    };
    format!("{name}({arguments})")
}

fn list(values: &[Val]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn is_pairs(params: &[ValueType]) -> bool {
    !params.is_empty()
        && params.len().is_multiple_of(2)
        && params.iter().all(|ty| *ty == ValueType::I32)
}

fn constant_of(constant: &str, ty: &FuncType) -> Result<Val, String> {
    match ty.results.as_slice() {
        [ValueType::I32] => number::parse_i32(constant).map(Val::I32),
        [ValueType::I64] => number::parse_i64(constant).map(Val::I64),
        [ValueType::F32] => {
            number::parse_f32(constant).map(|value| Val::F32(F32::from_float(value)))
        }
        [ValueType::F64] => {
            number::parse_f64(constant).map(|value| Val::F64(F64::from_float(value)))
        }
        _ => Err("a number answers a function with one result, which is a number".to_owned()),
    }
}

/// Prints the strings that pairs of address and length name, a line to standard output.
fn print(caller: &Caller<'_, Host>, name: &str, pairs: &[Val]) -> Result<(), wasmi::Error> {
    let written = caller
        .data()
        .seen
        .write_line(&strings(caller, name, pairs)?);
    written
        .map_err(|error| wasmi::Error::new(format!("standard output cannot be written: {error}")))
}

/// The strings that pairs of address and length name.
fn strings<'m>(
    caller: &'m Caller<'_, Host>,
    name: &str,
    pairs: &[Val],
) -> Result<Vec<&'m [u8]>, wasmi::Error> {
    let outside = || {
        wasmi::Error::new(format!(
            "{name} was given a string outside of the program's memory"
        ))
    };
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(wasmi::Error::new(format!(
            "{name} was given a string, but there is no memory"
        )));
    };
    let memory = memory.data(caller);
    let mut strings = Vec::new();
    for pair in pairs.chunks_exact(2) {
        let [Val::I32(address), Val::I32(length)] = pair else {
            return Err(outside());
        };
        // Addresses and lengths are unsigned; wasm's values do not say.
        let (address, length) = (*address as u32 as usize, *length as u32 as usize);
        let end = address.checked_add(length).ok_or_else(outside)?;
        strings.push(memory.get(address..end).ok_or_else(outside)?);
    }
    Ok(strings)
}

/// Shows a call on standard error.
fn trace(name: &str, arguments: &[Val]) {
    let line = format!("{name}({})\n", list(arguments));
    // That nobody reads it is no reason to fail.
    let _ = console::write_stderr(line.as_bytes());
}

fn shown(value: &Val) -> String {
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

/// The zero of a type, or null.
pub fn zero(ty: ValueType) -> Val {
    match ty {
        ValueType::I32 => Val::I32(0),
        ValueType::I64 => Val::I64(0),
        ValueType::F32 => Val::F32(F32::from_float(0.0)),
        ValueType::F64 => Val::F64(F64::from_float(0.0)),
        ValueType::V128 => Val::V128(0_u128.into()),
        ValueType::FuncRef => Val::FuncRef(Nullable::Null),
        ValueType::ExternRef | ValueType::OtherRef => Val::ExternRef(Nullable::Null),
    }
}

fn engine_type(ty: ValueType) -> ValType {
    match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
        ValueType::F32 => ValType::F32,
        ValueType::F64 => ValType::F64,
        ValueType::V128 => ValType::V128,
        ValueType::FuncRef => ValType::FuncRef,
        ValueType::ExternRef | ValueType::OtherRef => ValType::ExternRef,
    }
}
