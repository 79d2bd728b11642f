//! Modules made of arbitrary bytes: valid ones of any kind, and ones that make WASI calls.

use crate::terms;
use arbitrary::{Arbitrary, Result, Unstructured};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// What every module exports.
const EXPORTS: &str = r#"(module (memory (export "memory") 1) (func (export "_start"))
    (func (export "f") (param i32 i64 f64) (result i32 i64 f64) unreachable))"#;

/// A valid module, with the features that tinyrun's engine has.
///
/// # Errors
///
/// Where the bytes do not suffice for one.
pub fn module(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut input = Unstructured::new(bytes);
    let mut config = wasm_smith::Config::arbitrary(&mut input)?;
    config.exports = wat::parse_str(EXPORTS).ok();
    config.compact_imports_enabled = false;
    config.memory64_enabled = false;
    // The bits of a NaN are not specified, and differ between engines.
    config.canonicalize_nans = true;
    config.exceptions_enabled = false;
    config.gc_enabled = false;
    config.reference_types_enabled = true;
    config.threads_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.custom_page_sizes_enabled = false;
    config.custom_descriptors_enabled = false;
    config.max_memory32_bytes = 1 << 24;
    let module = wasm_smith::Module::new(config, &mut input)?;
    Ok(module.to_bytes())
}

/// The WASI functions that are called, those that only wait or end the program left out.
const CALLS: [&str; 44] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

/// Paths that lie in the program's memory, 16 bytes each.
const PATHS: [&str; 14] = [
    "a", "b", "a/b", "a/../b", "..", ".", "", "a/", "b/", "../x", "/etc", "a/b/c", "\u{0}", "./a",
];

/// Where lists of buffers, and subscriptions to times that come at once, lie in the program's memory.
const BUFFERS: u32 = 512;
const SUBSCRIPTIONS: u32 = 1024;

/// A program that makes WASI calls, each with parameters of all kinds.
///
/// # Errors
///
/// Where the bytes do not suffice for one.
pub fn calls(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut input = Unstructured::new(bytes);
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    for (index, call) in (0..).zip(CALLS) {
        types.ty().function(params(call), [ValType::I32]);
        imports.import("wasi_snapshot_preview1", call, EntityType::Function(index));
    }
    let own = CALLS.len() as u32;
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(own);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(4),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("_start", ExportKind::Func, own);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), memory(&mut input)?);

    let mut start = Function::new([]);
    for _ in 0..input.int_in_range(1..=40)? {
        let index = input.choose_index(CALLS.len())?;
        for (at, ty) in params(CALLS[index]).into_iter().enumerate() {
            let value = match (CALLS[index], at) {
                // A wait for a time that is far would only take long.
                ("poll_oneoff", 0) => u64::from(SUBSCRIPTIONS),
                ("poll_oneoff", 2) => input.int_in_range(0..=4)?,
                _ => value(&mut input)?,
            };
            match ty {
                ValType::I64 => start.instructions().i64_const(value.cast_signed()),
                _ => start.instructions().i32_const((value as u32).cast_signed()),
            };
        }
        start.instructions().call(index as u32).drop();
    }
    start.instructions().end();
    let mut code = CodeSection::new();
    code.function(&start);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions);
    module.section(&memories).section(&exports);
    module.section(&code).section(&data);
    Ok(module.finish())
}

fn params(call: &str) -> Vec<ValType> {
    let types = terms::signature(call).unwrap_or_default().chars();
    let param = |ty| match ty {
        'I' => ValType::I64,
        _ => ValType::I32,
    };
    types.map(param).collect()
}

/// What the program's memory begins with: paths, lists of buffers, subscriptions, and anything.
fn memory(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut memory = vec![0; 2048];
    for (place, path) in memory.chunks_mut(16).zip(PATHS) {
        place[..path.len()].copy_from_slice(path.as_bytes());
    }
    for place in memory[BUFFERS as usize..][..256].chunks_mut(8) {
        let (start, length): (u16, u8) = input.arbitrary()?;
        place[..4].copy_from_slice(&u32::from(start).to_le_bytes());
        place[4..].copy_from_slice(&u32::from(length).to_le_bytes());
    }
    for place in memory[SUBSCRIPTIONS as usize..][..192].chunks_mut(48) {
        place[8] = input.int_in_range(0..=3)?;
        place[16] = input.int_in_range(0..=8)?;
        place[24..26].copy_from_slice(&input.arbitrary::<[u8; 2]>()?);
        place[40] = input.int_in_range(0..=1)?;
    }
    // No wait is for files alone: the last subscription is to a time that is past.
    memory[SUBSCRIPTIONS as usize..][..48].fill(0);
    Ok(memory)
}

/// A number that is likely to mean something: a descriptor, a path, a length, a place, an edge.
fn value(input: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match input.int_in_range(0..=9)? {
        0..=2 => input.int_in_range(0..=8)?,
        3 | 4 => 16 * input.int_in_range(0..=13)?,
        5 => u64::from(BUFFERS) + 8 * input.int_in_range(0..=31)?,
        6 => 1 << input.int_in_range(0..=63)?,
        7 => 65536 - input.int_in_range(0..=64)?,
        8 => u64::MAX - input.int_in_range(0..=16)?,
        _ => input.arbitrary()?,
    })
}
