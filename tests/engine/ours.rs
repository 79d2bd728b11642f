//! Loads, compiles and calls modules in this process, in the same way as tinyrun.

use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use tinyrun::guest::fuel_slices::FuelSlices;
use tinyrun::guest::shadow_stack::InstanceShadowStack;
use tinyrun::guest::{
    DEFAULT_STACK, EntryPoint, Instrumentation, Phases, Plan, SliceBounds, engine, frames,
};
use tinyrun::host::UnknownImports;
use tinyrun::host::{Host, HostConfig, ImportOptions, Limits, PeakMemory};
use tinyrun::instrument::{
    CountedEvents, Counting, GoJumps, InstrumentedModule, Instruments, RecordedStacks,
    ShadowStackExports, instrument,
};
use tinyrun::module::{self, CodeLines, Interface, LoadedParts, Module};
use wasmi::{Engine, Instance, Linker, Store, Val};

/// How a module is prepared for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// As in a plain run.
    Plain,
    /// Without the corrections of `engine_workarounds`.
    Uncorrected,
    /// Rewritten, as with `--backtrace`.
    Tracked,
    /// Rewritten and in slices of fuel, as with `--profile`.
    Sliced,
}

/// What `--backtrace --stats` counts.
const COUNTED: CountedEvents = CountedEvents {
    collections: Counting::On,
    allocations: Counting::Off,
};

/// All instruments. Each operator has a line of its own in `lines`.
fn instruments(lines: &CodeLines) -> Instruments<'_> {
    Instruments {
        stacks: Some(RecordedStacks {
            max_frames: frames(DEFAULT_STACK),
            jumps: GoJumps::Recorded,
        }),
        counted: COUNTED,
        coverage: Some(lines),
    }
}

fn shadow_stack(module: &InstrumentedModule) -> &ShadowStackExports {
    let exports = module.exports.shadow_stack.as_ref();
    exports.expect("the shadow stack")
}

/// Short slices, which interrupt loops. With shorter ones, exhausting the call stack takes minutes.
const SLICES: SliceBounds = SliceBounds {
    min: 200,
    max: 2_000,
};

/// An engine and a store for modules that may be linked to each other.
pub struct Ours {
    pub road: Road,
    pub engine: Engine,
    pub store: Store<Host>,
}

/// A module that was instantiated.
pub struct Loaded {
    pub instance: Instance,
    tracked: Option<(InstrumentedModule, InstanceShadowStack)>,
}

impl Ours {
    pub fn new(road: Road) -> Self {
        let empty = parse(b"\0asm\x01\0\0\0").expect("an empty module is one");
        let tracked = instrument(&empty, &[], instruments(&CodeLines::default()));
        let tracked = tracked.expect("an empty module can be rewritten");
        let instrumentation = match road {
            Road::Plain | Road::Uncorrected => None,
            Road::Tracked => Some(None),
            Road::Sliced => Some(Some(SLICES)),
        };
        let instrumentation = instrumentation.map(|slices| Instrumentation {
            module: &tracked,
            slices,
            sampler: None,
            on_allocation: None,
        });
        let engine = engine::engine(&plan(), instrumentation.as_ref());
        let limits = Limits::new(None, PeakMemory::default());
        let host = Host::new(&HostConfig::default(), limits).expect("a host without files");
        let mut store = Store::new(&engine, host);
        store.limiter(|host| &mut host.limits);
        Self {
            road,
            engine,
            store,
        }
    }

    /// Loads, compiles and instantiates a module.
    ///
    /// # Errors
    ///
    /// The reason that it is invalid, or the trap of its `start` function.
    pub fn instantiate(
        &mut self,
        module: &Module,
        linker: &Linker<Host>,
    ) -> anyhow::Result<Loaded> {
        let tracked = match self.road {
            Road::Plain | Road::Uncorrected => None,
            Road::Tracked | Road::Sliced => {
                // As `--backtrace` does: only valid modules are instrumented.
                tinyrun::guest::validate(module)?;
                let lines = CodeLines::of_every_address(module.wasm.len() as u32);
                instrument(module, &[], instruments(&lines)).ok()
            }
        };
        let wasm = tracked
            .as_ref()
            .map_or(&module.wasm, |tracked| &tracked.wasm);
        let compiled = match self.road {
            Road::Uncorrected => wasmi::Module::new(&self.engine, wasm)?,
            _ => engine::compile(&self.engine, &module.name, wasm)?,
        };
        if let Some(tracked) = &tracked {
            self.store
                .data_mut()
                .limits
                .exempt_memory(shadow_stack(tracked).memory_maximum);
        }
        if self.road == Road::Sliced {
            self.store.set_fuel(u64::MAX).expect("fuel is counted");
        }
        let instance = linker.instantiate_and_start(&mut self.store, &compiled)?;
        let tracked = tracked.map(|tracked| {
            let shadow = InstanceShadowStack::find(&self.store, instance, &tracked)
                .expect("the exports")
                .expect("the shadow stack");
            (tracked, shadow)
        });
        let loaded = Loaded { instance, tracked };
        if let Some((tracked, _)) = &loaded.tracked
            && let Some(start) = &tracked.exports.start
        {
            self.call(&loaded, start, &[])?;
        }
        Ok(loaded)
    }

    /// Calls an export.
    ///
    /// # Errors
    ///
    /// The trap.
    pub fn call(
        &mut self,
        loaded: &Loaded,
        name: &str,
        arguments: &[Val],
    ) -> anyhow::Result<Vec<Val>> {
        let func = loaded.instance.get_func(&self.store, name);
        let func = func.with_context(|| format!("no function {name}"))?;
        let count = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        let called = match &loaded.tracked {
            None => func.call(&mut self.store, arguments, &mut results),
            Some((_, shadow)) => {
                shadow.clear(&mut self.store).expect("a global");
                match self.road {
                    Road::Sliced => {
                        self.store.set_fuel(0).expect("fuel is counted");
                        let mut slices = FuelSlices::new(SLICES, None, None);
                        let called = slices.call(
                            (name, func),
                            &mut self.store,
                            Some(shadow),
                            arguments,
                            &mut results,
                        );
                        self.store.set_fuel(u64::MAX).expect("fuel is counted");
                        called
                    }
                    _ => func.call(&mut self.store, arguments, &mut results),
                }
            }
        };
        called?;
        Ok(results)
    }
}

/// Loads bytes as tinyrun loads a file.
///
/// # Errors
///
/// The reason that they are invalid.
pub fn load(bytes: &[u8]) -> anyhow::Result<Module> {
    let memory = rustix::fs::memfd_create("module", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(memory.expect("memory for a module"));
    file.write_all(bytes).expect("memory for a module");
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(module::load(Path::new(&path), LoadedParts::Program)?)
}

/// Creates a module from bytes without loading a file.
///
/// # Errors
///
/// The reason that it is invalid.
pub fn parse(wasm: &[u8]) -> anyhow::Result<Module> {
    Ok(Module {
        name: "module".to_owned(),
        wasm: wasm.to_vec(),
        interface: Interface::read(wasm)?,
        parts: LoadedParts::Program,
        file: None,
    })
}

fn plan() -> Plan {
    Plan {
        heap: None,
        max_stack: None,
        fuel: None,
        preloads: Vec::new(),
        imports: ImportOptions {
            rules: Vec::new(),
            unknown: UnknownImports::Error,
        },
        entry: EntryPoint::Main,
        phases: Phases::default(),
        on_start: || {},
    }
}
