//! Tests with a table of two functions, `main.a` and `main.b`. In blocks 3 and 4 of each, `main.c` is inlined.

use super::{FrameSizes, GoPc, GoTable};

/// The address of the table.
const HEADER: u32 = 64;

/// The tables of values: frame sizes, files, lines and inlined calls. Offset 0 means none.
const FRAME_SIZES: &[u8] = &[2, 1, 64, 9, 0];
const FILES: &[u8] = &[2, 10, 0];
const LINES: &[u8] = &[12, 2, 4, 8, 0];
const INLINED: &[u8] = &[0, 3, 2, 2, 1, 5, 0];

/// The memory of a program from [`HEADER`] on.
fn memory() -> Vec<u8> {
    let names = b"main.a\0main.b\0main.c\0\0\0\0".to_vec();
    let units = words32(&[0, u32::MAX]);
    let files = b"/src/a.go\0\0\0\0\0\0\0".to_vec();
    let values = [&[0], FRAME_SIZES, FILES, LINES, INLINED, &[0; 3]].concat();
    let functions = functions();
    let inlined_call = words32(&[0, 14, 1, 3]);
    let parts = [names, units, files, values, functions, inlined_call];
    let mut addresses = Vec::new();
    let mut next = HEADER + 72;
    for part in &parts {
        addresses.push(next);
        next += part.len() as u32;
    }
    let [names, units, files, values, functions, inlined_call] = addresses[..] else {
        return Vec::new();
    };
    let offset = |address: u32| u64::from(address - HEADER);
    let header = [2, 1, 0]
        .into_iter()
        .chain([names, units, files, values, functions].map(offset));
    let mut module_data = [0; 52];
    for (word, address) in [(0, HEADER), (1, names), (13, functions), (40, inlined_call)] {
        module_data[word] = address.into();
    }
    let mut memory = super::HEADER_START.to_vec();
    memory.extend(header.flat_map(u64::to_le_bytes));
    memory.extend(parts.concat());
    memory.resize(memory.len().next_multiple_of(8), 0);
    memory.extend(module_data.into_iter().flat_map(u64::to_le_bytes));
    memory
}

/// The entries of the functions, followed by their records.
fn functions() -> Vec<u8> {
    const ENTRIES_BYTES: u32 = 24;
    const RECORD_BYTES: u32 = 72;
    let mut bytes = words32(&[
        0,
        ENTRIES_BYTES,
        1 << 16,
        ENTRIES_BYTES + RECORD_BYTES,
        2 << 16,
        0,
    ]);
    let files = 1 + FRAME_SIZES.len() as u32;
    let lines = files + FILES.len() as u32;
    let inlined = lines + LINES.len() as u32;
    for function in 0..2 {
        let name = function * 7;
        bytes.extend(words32(&[
            function << 16,
            name,
            0,
            0,
            1,
            files,
            lines,
            3,
            0,
            2,
        ]));
        bytes.extend([0, 0, 0, 4]);
        bytes.extend(words32(&[0, 0, inlined, u32::MAX, u32::MAX, u32::MAX, 0]));
    }
    bytes
}

fn words32(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn module(memory: &[u8]) -> Vec<u8> {
    let data: String = memory.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (memory 1) (table 4098 funcref) (func $a) (func $b)
            (elem (i32.const 4096) $a $b) (data (i32.const {HEADER}) "{data}"))"#
    );
    wat::parse_str(text).unwrap_or_default()
}

#[test]
fn functions_lines_and_frames_are_read() {
    let wasm = module(&memory());
    let table = GoTable::find(&wasm);
    let table = table.as_ref();
    let positions = |function, block| {
        let positions = table.map(|table| table.positions(GoPc { function, block }));
        let text = positions.into_iter().flatten().map(|position| {
            let line = position.line.map_or(0, |line| line.line);
            format!("{}:{line}", position.function)
        });
        text.collect::<Vec<_>>()
    };
    assert_eq!(positions(0, 1), ["main.a:5"]);
    assert_eq!(positions(1, 2), ["main.b:7"]);
    assert_eq!(positions(1, 4), ["main.c:7", "main.b:5"]);
    assert_eq!(positions(1, 10), ["main.b:0"]);
    assert!(positions(2, 0).is_empty());
    let sizes = table.map(FrameSizes::read);
    let bytes = |block| sizes.as_ref()?.bytes(GoPc { function: 1, block });
    assert_eq!(
        [bytes(0), bytes(1), bytes(9)],
        [Some(0), Some(32), Some(32)]
    );
    assert_eq!(table.and_then(GoTable::extent), Some(HEADER..376));
    let entry = table.and_then(|table| table.entry(1));
    assert_eq!(entry, table.and_then(|table| table.pc(0x1001_0000)));
}

#[test]
fn a_damaged_table_is_read_as_far_as_possible() {
    let wasm = module(&memory());
    // The data is at the end of the module.
    let start = wasm.len() - memory().len();
    let mut found = 0;
    for at in start..wasm.len() {
        for byte in [0x00, 0x80, 0xff, wasm[at] ^ 1] {
            let mut damaged = wasm.clone();
            damaged[at] = byte;
            found += usize::from(read_all(&damaged));
        }
    }
    assert!(found > wasm.len(), "{found}");
}

/// Reads everything that a table has about its functions. Returns false if no table is found.
fn read_all(wasm: &[u8]) -> bool {
    let Some(table) = GoTable::find(wasm) else {
        return false;
    };
    table.extent();
    let sizes = FrameSizes::read(&table);
    for function in 0..3 {
        for block in [0, 1, 3, 4, 9, 0xffff, u32::MAX] {
            let pc = GoPc { function, block };
            let positions = table.positions(pc);
            assert!(positions.len() <= 100);
            table.are_lines_near(pc, u32::MAX);
            table.is_same_inlined(pc, u32::MAX);
            sizes.bytes(pc);
        }
    }
    true
}
