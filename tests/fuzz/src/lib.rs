//! Code that the fuzz targets share.

#![allow(missing_docs)]

mod compare;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use tinyrun::error::{Error, ErrorKind};
use tinyrun::guest::{
    self, EntryPoint, Instrumentation, Outcome, Phases, Plan, RunResult, SliceBounds,
};
use tinyrun::host::UnknownImports;
use tinyrun::host::{self, Host, HostConfig, ImportOptions, Limits, PeakMemory};
use tinyrun::host::{Access, Mount};
use tinyrun::insight::{self, FunctionNames, TopSlot};
use tinyrun::instrument::{
    CountedEvents, Counting, GoJumps, Instruments, RecordedStacks, instrument,
};
use tinyrun::module::{
    self, CodeLines, FrameSizes, GoPc, GoTable, Interface, LoadedParts, Module, ModuleSizes,
    SizeNode, Toolchain,
};
use tinyrun::report::{Inspection, draw_treemap};
use tinyrun::size::Size;

pub use compare::{compare, compare_counted};
pub use tinyrun_test_support::generate;

/// Loads bytes as tinyrun loads a file.
pub fn load(bytes: &[u8]) -> Result<Module, Error> {
    let memory = memfd_create("module", MemfdFlags::CLOEXEC).expect("memory is available");
    let mut file = File::from(memory);
    file.write_all(bytes).expect("memory can be written");
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let _ = module::load(Path::new(&path), LoadedParts::Program);
    module::load(Path::new(&path), LoadedParts::All)
}

/// Validates a module.
pub fn check(module: &Module) -> Result<(), Error> {
    guest::validate(module)
}

/// Inspects a module, as `tinyrun inspect` does.
pub fn inspect(module: &Module) {
    let names = FunctionNames::read(module);
    let Ok(sizes) = ModuleSizes::measure(module, |index| names.name(index)) else {
        return;
    };
    let root = SizeNode::measure(module, |index| names.name(index)).expect("it was measured");
    assert_eq!(root.bytes, module.wasm.len());
    let _ = draw_treemap(&root, &module.name);
    let availability = host::availability(&module.interface.imports).expect("a host");
    let inspection = Inspection::new(module, Toolchain::detect(module), sizes, availability);
    let _ = (inspection.as_text(), inspection.as_json());
}

/// Reads positions from Go's function table in a module with arbitrary data after the start of the table's header.
/// The first byte is the number of functions.
pub fn read_go_table(bytes: &[u8]) {
    const HEADER: &str = "\\f1\\ff\\ff\\ff\\00\\00\\01\\08";
    let [functions, data @ ..] = bytes else {
        return;
    };
    let functions = usize::from(*functions % 8) + 1;
    let count = format!("\\{functions:02x}\\00\\00\\00\\00\\00\\00\\00");
    let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let names: String = (0..functions).map(|index| format!(" $f{index}")).collect();
    let code: String = (0..functions)
        .map(|index| format!("(func $f{index} (param i32) (result i32) i32.const 0)"))
        .collect();
    let text = format!(
        r#"(module (memory 1) (table 8192 funcref) {code} (elem (i32.const 4096){names})
            (data (i32.const 64) "{HEADER}{count}{data}"))"#
    );
    let wasm = wat::parse_str(text).expect("a module");
    let Some(table) = GoTable::find(&wasm) else {
        return;
    };
    let _ = table.extent();
    let sizes = FrameSizes::read(&table);
    for function in 0..functions as u32 {
        for block in [0, 1, 2, 3, 0xffff] {
            let pc = GoPc { function, block };
            let _ = table.positions(pc);
            let _ = table.are_lines_near(pc, u32::MAX);
            let _ = table.is_same_inlined(pc, u32::MAX);
            let _ = sizes.bytes(pc);
        }
    }
}

/// Adds counters for coverage to a valid module and compares its calls with those of the module.
pub fn count_lines(module: &Module) {
    let Ok(()) = check(module) else {
        return;
    };
    let lines = CodeLines::of_every_address(module.wasm.len() as u32);
    let instruments = Instruments {
        stacks: None,
        counted: CountedEvents {
            collections: Counting::Off,
            allocations: Counting::Off,
        },
        coverage: Some(&lines),
    };
    // A start function does not run by itself in an instrumented module.
    if let Ok(instrumented) = instrument(module, &[], instruments)
        && instrumented.exports.start.is_none()
    {
        compare_counted(&module.wasm, &instrumented.wasm);
    }
}

/// Instruments a valid module, runs it, and formats its backtrace. The instrumented module must be valid.
pub fn rewrite(module: Module) {
    let Ok(()) = check(&module) else {
        return;
    };
    let counted = CountedEvents {
        collections: Counting::On,
        allocations: Counting::On,
    };
    let lines = CodeLines::of_every_address(module.wasm.len() as u32);
    let instruments = Instruments {
        stacks: Some(RecordedStacks {
            max_frames: 4096,
            jumps: GoJumps::Recorded,
        }),
        counted,
        coverage: Some(&lines),
    };
    let Ok(instrumented) = instrument(&module, &[], instruments) else {
        return;
    };
    let again = Module {
        name: module.name.clone(),
        wasm: instrumented.wasm.clone(),
        interface: Interface::read(&instrumented.wasm).expect("what was written can be read"),
        parts: LoadedParts::Program,
        file: None,
    };
    let valid = check(&again);
    assert!(valid.is_ok(), "{valid:?}");
    let mut samples = insight::Samples::default();
    let mut module = Arc::new(module);
    let ended = run_instrumented(
        &mut module,
        None,
        Some(Instrumentation {
            module: &instrumented,
            slices: Some(SliceBounds {
                min: 1_000,
                max: 10_000,
            }),
            sampler: Some(&mut |export, slots, work| samples.add(export, slots, work)),
            on_allocation: None,
        }),
    );
    assert!(ended.refusal.is_none(), "{ended:?}");
    if let Some(stack) = ended.stack {
        let export = stack.export.as_deref();
        let _ = insight::backtrace(
            &instrumented.sites,
            &module,
            &stack.slots,
            export,
            TopSlot::Earlier,
        );
        let _ = samples.profile(None, &instrumented.sites, &module);
    }
}

/// Runs a module's `_start` within tight limits, with `directory` mounted as `/`. The runner itself must not fail.
pub fn run(module: Module, directory: Option<&Path>) {
    run_instrumented(&mut Arc::new(module), directory, None);
}

fn run_instrumented(
    module: &mut Arc<Module>,
    directory: Option<&Path>,
    instrumentation: Option<Instrumentation<'_>>,
) -> RunResult {
    tinyrun::stop::ignore_sigxfsz();
    // A guest must not fill the disk.
    let bound = Rlimit {
        current: Some(1 << 20),
        maximum: Some(1 << 20),
    };
    let _ = setrlimit(Resource::Fsize, bound);
    let mount = directory.map(|host| Mount {
        host: host.to_owned(),
        guest: "/".to_owned(),
        access: Access::ReadWrite,
    });
    let config = HostConfig {
        args: vec!["guest".to_owned()],
        env: vec![("NAME".to_owned(), "value".to_owned())],
        mounts: mount.into_iter().collect(),
        clock: None,
        seed: None,
    };
    let limits = Limits::new(Some(Size(16 << 20)), PeakMemory::default());
    let host = Host::new(&config, limits).expect("the host can be created");
    let plan = Plan {
        heap: None,
        max_stack: Some(Size(1 << 20)),
        fuel: Some(1_000_000),
        preloads: Vec::new(),
        imports: ImportOptions {
            rules: Vec::new(),
            unknown: UnknownImports::Zero,
        },
        entry: EntryPoint::Main,
        phases: Phases::default(),
        on_start: || {},
    };
    let ended = guest::run(module, host, &plan, instrumentation, &mut |_| Ok(()));
    if let Outcome::Failed(error) = &ended.outcome {
        assert!(error.kind != ErrorKind::Runner, "{error:?}");
    }
    ended
}
