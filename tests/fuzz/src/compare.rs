//! Compares calls of a module's exports in tinyrun's engine, with tinyrun's workarounds, and in wasmi 1.1; and those of a
//! module with counters for coverage and of the same module without.

use std::collections::HashMap;
use tinyrun::module::engine_workarounds::correct;

/// The fuel of each call. The engines count differently, so calls that run out of it are not compared.
const FUEL: u64 = 100_000;

/// The exports that are called, with their arguments: see `generate::module`.
const CALLS: [(&str, [i32; 1]); 3] = [("f", [3]), ("f", [-1]), ("_start", [0])];

/// Results by index, each with its type and bits. All NaNs are equal.
type Results = HashMap<usize, (&'static str, u128)>;

/// What a call did.
pub struct Call {
    /// The results, or the message of a trap.
    outcome: Result<Results, String>,
    /// The content of the exported memory, if there is one.
    memory: Option<Vec<u8>>,
}

macro_rules! engine {
    ($name:ident, $wasmi:ident, $reference:pat) => {
        mod $name {
            use super::{CALLS, Call, FUEL, Results};
            use $wasmi::{Config, Engine, Extern, Func, Linker, Module, Store, Val};

            /// The calls, up to the first that cannot be compared.
            pub fn run(wasm: &[u8]) -> Option<Vec<Call>> {
                let mut config = Config::default();
                config.consume_fuel(true).wasm_multi_memory(true);
                let engine = Engine::new(&config);
                let module = Module::new(&engine, wasm).ok()?;
                // The engines have no common imports.
                if module.imports().next().is_some() {
                    return None;
                }
                let mut store = Store::new(&engine, ());
                store.set_fuel(FUEL).ok()?;
                let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).ok()?;
                let mut calls = Vec::new();
                for (name, [first]) in CALLS {
                    let Some(Extern::Func(func)) = instance.get_export(&store, name) else {
                        continue;
                    };
                    let outcome = call(&mut store, func, first);
                    let is_over = matches!(&outcome, Err(message) if message.contains("fuel") || message.contains("exhausted"));
                    if is_over {
                        break;
                    }
                    let memory = match instance.get_export(&store, "memory") {
                        Some(Extern::Memory(memory)) => Some(memory.data(&store).to_vec()),
                        _ => None,
                    };
                    calls.push(Call { outcome, memory });
                }
                Some(calls)
            }

            fn call(store: &mut Store<()>, func: Func, first: i32) -> Result<Results, String> {
                store.set_fuel(FUEL).map_err(|error| error.to_string())?;
                let args = [
                    Val::I32(first),
                    Val::I64(-5),
                    Val::F64($wasmi::F64::from(1.5)),
                ];
                let ty = func.ty(&*store);
                let args = &args[..ty.params().len().min(args.len())];
                let mut results = vec![Val::I32(0); ty.results().len()];
                func.call(&mut *store, args, &mut results).map_err(|error| error.to_string())?;
                Ok(results.iter().map(bits).enumerate().collect())
            }

            fn bits(value: &Val) -> (&'static str, u128) {
                match value {
                    Val::I32(value) => ("i32", u128::from(value.cast_unsigned())),
                    Val::I64(value) => ("i64", u128::from(value.cast_unsigned())),
                    Val::F32(value) if f32::from(*value).is_nan() => ("f32", 0),
                    Val::F32(value) => ("f32", u128::from(value.to_bits())),
                    Val::F64(value) if f64::from(*value).is_nan() => ("f64", 0),
                    Val::F64(value) => ("f64", u128::from(value.to_bits())),
                    Val::V128(value) => ("v128", value.as_u128()),
                    $reference => ("reference", 0),
                }
            }
        }
    };
}

engine!(ours, wasmi, Val::FuncRef(_) | Val::ExternRef(_));
engine!(theirs, wasmi_1, Val::FuncRef(_) | Val::ExternRef(_));

/// Calls a module's exports in both engines. The outcomes that can be compared must be equal.
pub fn compare(wasm: &[u8]) {
    if let (Some(ours), Some(theirs)) = (ours::run(&correct(wasm)), theirs::run(wasm)) {
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.outcome, theirs.outcome);
        }
    }
}

/// Calls the exports of a module without and with counters. The calls must have equal outcomes and leave equal memory.
pub fn compare_counted(plain: &[u8], counted: &[u8]) {
    if let Some(plain) = ours::run(&correct(plain)) {
        let counted = ours::run(&correct(counted)).expect("a valid module");
        for (plain, counted) in plain.iter().zip(&counted) {
            assert_eq!(plain.outcome, counted.outcome);
            assert!(plain.memory == counted.memory, "the memory differs");
        }
    }
}
