//! Tests with debug information from gimli's writer that has the flaws of real modules: ranges with code of other
//! functions, removed functions, and lines that end too early.

use super::Positions;
use crate::module::{LineAccuracy, Position};
use gimli::write::{
    Address, AttributeValue, DwarfUnit, FileId, LineProgram, LineString, Range, RangeList,
    UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding};
use tinyrun_test_support::debug_info;

/// A program in which `main.main` and the functions that it calls are inlined into `runtime.run`.
///
/// | code | function and line in the debug information | actual function |
/// |---|---|---|
/// | 0x20 … 0x30 | `main.main`, fail.go:12 | the same |
/// | 0x30 … 0x40 | `main.deref` in `main.main`, fail.go:4 | the same |
/// | 0x40 … 0x48 | `time.Now` in `main.main`, but fail.go:13 | `main.main` |
/// | 0x48 … 0x50 | `time.Now` and `main.main$1` in `main.main`, fail.go:21 | `main.main$1` |
/// | 0x50 … 0x58 | `runtime.run`, but fail.go:14 | `main.main` |
/// | 0x58 … 0x60 | none | `main.main`, in fail.go |
///
/// At 0x36, the code of `main.deref` traps.
fn module() -> Vec<u8> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: 4,
    };
    let mut writer = Writer {
        dwarf: DwarfUnit::new(encoding),
    };
    let text = |name: &str| LineString::String(name.as_bytes().to_vec());
    let mut program = LineProgram::new(
        encoding,
        LineEncoding::default(),
        text("/src"),
        None,
        text("run.go"),
        None,
    );
    let folder = program.default_directory();
    let file = |program: &mut LineProgram, name| program.add_file(text(name), folder, None);
    let run_go = file(&mut program, "run.go");
    let fail_go = file(&mut program, "fail.go");
    let time_go = file(&mut program, "time.go");
    let mut sequence = |start: u64, rows: &[(u64, FileId, u64)], end: u64| {
        program.begin_sequence(Some(Address::Constant(start)));
        for (address, file, line) in rows {
            let row = program.row();
            (row.address_offset, row.file, row.line) = (address - start, *file, *line);
            program.generate_row();
        }
        program.end_sequence(end - start);
    };
    sequence(0, &[(0, time_go, 99)], 0x30);
    let rows = [
        (0x10, run_go, 7),
        (0x20, fail_go, 12),
        (0x30, fail_go, 4),
        (0x40, fail_go, 13),
        (0x48, fail_go, 21),
        (0x50, fail_go, 14),
    ];
    sequence(0x10, &rows, 0x58);
    writer.dwarf.unit.line_program = program;

    let root = writer.dwarf.unit.root();
    let folder = AttributeValue::String(b"/src".to_vec());
    let unit = writer.dwarf.unit.get_mut(root);
    unit.set(gimli::DW_AT_comp_dir, folder);
    let producer = AttributeValue::String(b"TinyGo".to_vec());
    unit.set(gimli::DW_AT_producer, producer);
    let main = writer.declare("main.main", fail_go, 10);
    let deref = writer.declare("main.deref", fail_go, 3);
    let literal = writer.declare("main.main$1", fail_go, 20);
    let now = writer.declare("time.Now", time_go, 90);
    writer.function("time.removed", time_go, 80, (0, 0x30));
    let run = writer.function("runtime.run", run_go, 5, (0x10, 0x60));
    let inlined = writer.inline(run, main, (run_go, 8), (0x20, 0x50));
    writer.inline(inlined, deref, (fail_go, 12), (0x30, 0x40));
    writer.inline(inlined, literal, (fail_go, 19), (0x48, 0x50));
    writer.inline(inlined, now, (fail_go, 13), (0x40, 0x50));

    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.extend(code_section());
    for (name, content) in debug_info::written(writer.dwarf) {
        debug_info::section(&mut module, &name, &content);
    }
    module
}

/// A code section with a function of no operation at 0x10 … 0x60, and another one before it. Offsets are in the content.
fn code_section() -> Vec<u8> {
    const NOP: u8 = 1;
    const END: u8 = 0x0b;
    const UNREACHABLE: u8 = 0;
    let mut content = vec![NOP; 0x60];
    (content[0], content[1], content[2], content[0x0e]) = (2, 0x0d, 0, END);
    (content[0x0f], content[0x10], content[0x5f]) = (0x50, 0, END);
    content[0x36] = UNREACHABLE;
    let header = [10, content.len() as u8];
    [&header[..], &content].concat()
}

struct Writer {
    dwarf: DwarfUnit,
}

impl Writer {
    fn declare(&mut self, name: &str, file: FileId, line: u64) -> UnitEntryId {
        let root = self.dwarf.unit.root();
        let entry = self.dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        let function = self.dwarf.unit.get_mut(entry);
        let name = AttributeValue::String(name.as_bytes().to_vec());
        function.set(gimli::DW_AT_name, name);
        let file = AttributeValue::FileIndex(Some(file));
        function.set(gimli::DW_AT_decl_file, file);
        function.set(gimli::DW_AT_decl_line, AttributeValue::Udata(line));
        entry
    }

    fn function(
        &mut self,
        name: &str,
        file: FileId,
        line: u64,
        (start, end): (u64, u64),
    ) -> UnitEntryId {
        let entry = self.declare(name, file, line);
        let function = self.dwarf.unit.get_mut(entry);
        let start_address = AttributeValue::Address(Address::Constant(start));
        function.set(gimli::DW_AT_low_pc, start_address);
        function.set(gimli::DW_AT_high_pc, AttributeValue::Udata(end - start));
        entry
    }

    fn inline(
        &mut self,
        into: UnitEntryId,
        function: UnitEntryId,
        (file, line): (FileId, u64),
        (start, end): (u64, u64),
    ) -> UnitEntryId {
        let ranges = RangeList(vec![Range::StartEnd {
            begin: Address::Constant(start),
            end: Address::Constant(end),
        }]);
        let ranges = self.dwarf.unit.ranges.add(ranges);
        let entry = self.dwarf.unit.add(into, gimli::DW_TAG_inlined_subroutine);
        let inlined = self.dwarf.unit.get_mut(entry);
        let origin = AttributeValue::UnitRef(function);
        inlined.set(gimli::DW_AT_abstract_origin, origin);
        inlined.set(gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
        let file = AttributeValue::FileIndex(Some(file));
        inlined.set(gimli::DW_AT_call_file, file);
        inlined.set(gimli::DW_AT_call_line, AttributeValue::Udata(line));
        entry
    }
}

fn text(position: &Position) -> String {
    let line = position.line.as_ref();
    let place = line.map_or("?".to_owned(), |line| {
        format!("{}:{}", line.file, line.line)
    });
    let near = match position.accuracy {
        LineAccuracy::Exact => "",
        LineAccuracy::Nearby => " or nearby",
        LineAccuracy::Unknown => " unknown",
    };
    format!("{} {place}{near}", position.function)
}

#[test]
fn lines_take_precedence_over_ranges() -> Result<(), &'static str> {
    let module = module();
    let positions = Positions::read(&module).ok_or("there is no debug information")?;
    for (address, expected) in [
        (0x10, vec!["runtime.run /src/run.go:7"]),
        (
            0x25,
            vec!["main.main /src/fail.go:12", "runtime.run /src/run.go:8"],
        ),
        (
            0x30,
            vec![
                "main.deref /src/fail.go:4",
                "main.main /src/fail.go:12",
                "runtime.run /src/run.go:8",
            ],
        ),
        (
            0x40,
            vec!["main.main /src/fail.go:13", "runtime.run /src/run.go:8"],
        ),
        (
            0x48,
            vec![
                "main.main$1 /src/fail.go:21",
                "main.main /src/fail.go:19",
                "runtime.run /src/run.go:8",
            ],
        ),
        (
            0x50,
            vec!["main.main /src/fail.go:14", "runtime.run /src/run.go:8"],
        ),
        (0x5a, vec!["runtime.run /src/run.go:0 unknown"]),
        // The code after a trap has a row of its own, or its line is not known.
        (0x37, vec!["runtime.run /src/run.go:0 unknown"]),
    ] {
        let found = positions.at(0x10, address);
        let found: Vec<_> = found.iter().map(text).collect();
        assert_eq!(found, expected, "{address:#x}");
    }
    assert!(positions.at(0x11, 0x20).is_empty());
    let main = positions.of_main(0x10);
    assert_eq!(
        main.as_ref().map(text).as_deref(),
        Some("main.main /src/fail.go:0 unknown")
    );
    assert!(positions.is_inlined(0x10, |name| name == "main.main"));
    assert!(!positions.is_inlined(0x10, |name| name == "time.removed"));
    Ok(())
}

/// Changes each byte of the debug information.
#[test]
fn malformed_debug_information_is_skipped() {
    let module = module();
    for at in 8..module.len() {
        for value in [0, 0xff, module[at] ^ 1, module[at].wrapping_add(0x40)] {
            let mut damaged = module.clone();
            damaged[at] = value;
            if let Some(positions) = Positions::read(&damaged) {
                for address in [0x10, 0x30, 0x45, 0x5a] {
                    positions.at(0x10, address);
                }
            }
        }
    }
}
