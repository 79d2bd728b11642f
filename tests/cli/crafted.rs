//! Hostile modules for the tests in `bounds`. Their debug information has many entries that share a tree, a path, a
//! range or rows, and their lists are so long that searching the list for each item would take seconds.

use tinyrun_test_support::debug_info;

/// A module under construction.
struct Wasm(Vec<u8>);

const VOID: &[u8] = &[0x60, 0, 0];
const UNREACHABLE: &[u8] = &[0, 0x00, 0x0b];

impl Wasm {
    /// A module with these types, imports, function types and bodies. The first function is exported as `_start`.
    fn new(types: &[Vec<u8>], imports: &[Vec<u8>], functions: &[u32], bodies: &[Vec<u8>]) -> Self {
        let mut wasm = Self(b"\0asm\x01\0\0\0".to_vec());
        wasm.section(1, &list(types));
        if !imports.is_empty() {
            wasm.section(2, &list(imports));
        }
        let functions: Vec<_> = functions.iter().map(|ty| leb(*ty as usize)).collect();
        wasm.section(3, &list(&functions));
        let start = [name("_start"), vec![0], leb(imports.len())].concat();
        wasm.section(7, &list(&[start]));
        let bodies: Vec<_> = bodies.iter().map(|body| sized(body)).collect();
        wasm.section(10, &list(&bodies));
        wasm
    }

    fn section(&mut self, id: u8, content: &[u8]) {
        self.0.push(id);
        self.0.extend(sized(content));
    }
}

/// `count` imports of functions that take and return nothing.
pub fn imports(count: usize) -> Vec<u8> {
    let import = |index| [name("env"), name(&format!("f{index}")), vec![0, 0]].concat();
    let imports: Vec<_> = (0..count).map(import).collect();
    Wasm::new(&[VOID.to_vec()], &imports, &[0], &[vec![0, 0x0b]]).0
}

/// The module that exports what `imports` imports.
pub fn exports(count: usize) -> Vec<u8> {
    let mut wasm = Wasm(b"\0asm\x01\0\0\0".to_vec());
    wasm.section(1, &list(&[VOID.to_vec()]));
    wasm.section(3, &list(&[leb(0)]));
    let export = |index| [name(&format!("f{index}")), vec![0, 0]].concat();
    let exports: Vec<_> = (0..count).map(export).collect();
    wasm.section(7, &list(&exports));
    wasm.section(10, &list(&[sized(&[0, 0x0b])]));
    wasm.0
}

/// `count` functions with nine results each, all of different types.
pub fn result_types(count: usize) -> Vec<u8> {
    let ty = |index: usize| {
        let digits = (0..9).map(|at| 0x7c + (index >> (2 * at) & 3) as u8);
        [vec![0x60, 0, 9], digits.collect()].concat()
    };
    let types: Vec<_> = std::iter::once(VOID.to_vec())
        .chain((0..count).map(ty))
        .collect();
    let functions: Vec<_> = (0..=count as u32).collect();
    let bodies: Vec<_> = std::iter::once(vec![0, 0x0b])
        .chain((0..count).map(|_| UNREACHABLE.to_vec()))
        .collect();
    Wasm::new(&types, &[], &functions, &bodies).0
}

/// An element segment of `count` elements, more than any table can have.
pub fn elements(count: usize) -> Vec<u8> {
    let mut wasm = Wasm(b"\0asm\x01\0\0\0".to_vec());
    wasm.section(1, &list(&[VOID.to_vec()]));
    wasm.section(3, &list(&[leb(0)]));
    wasm.section(7, &list(&[[name("_start"), vec![0, 0]].concat()]));
    const PASSIVE: &[u8] = &[1, 0];
    wasm.section(
        9,
        &list(&[[PASSIVE, &leb(count), &vec![0; count]].concat()]),
    );
    wasm.section(10, &list(&[sized(&[0, 0x0b])]));
    wasm.0
}

/// Functions in `count` files, each with a path of 8,000 letters.
pub fn paths(count: usize) -> Vec<u8> {
    let (module, _) = chain(1);
    let abbreviations = [
        abbreviation(1, UNIT, true, &[(STMT_LIST, SEC_OFFSET)]),
        abbreviation(
            2,
            SUBPROGRAM,
            false,
            &[(DECL_FILE, UDATA), (DECL_LINE, DATA1), (NAME, STRP)],
        ),
    ];
    let mut entries = [leb(1), vec![0; 4]].concat();
    for file in 0..count {
        entries.extend([leb(2), leb(file), vec![1, 0, 0, 0, 0]].concat());
    }
    entries.push(0);
    with_debug(module, &abbreviations, &entries, count, &[], "main.x")
}

/// A chain of `depth` calls through nested functions, and `count` functions that were inlined into the
/// innermost.
pub fn trees(depth: usize, count: usize) -> Vec<u8> {
    let (module, starts) = chain(depth);
    let abbreviations = [
        abbreviation(1, UNIT, true, &[(STMT_LIST, SEC_OFFSET)]),
        abbreviation(2, SUBPROGRAM, true, &[(LOW_PC, ADDR), (NAME, STRING)]),
        abbreviation(3, INLINED, false, &[(ORIGIN, REF4)]),
        abbreviation(4, SUBPROGRAM, false, &[(NAME, STRP)]),
    ];
    let mut entries = [leb(1), vec![0; 4]].concat();
    let declared = UNIT_HEADER + entries.len() as u32;
    entries.extend([4, 0, 0, 0, 0]);
    for start in starts {
        entries.extend([&[2], &start.to_le_bytes()[..], b"main.f\0"].concat());
    }
    for _ in 0..count {
        entries.extend([&[3], &declared.to_le_bytes()[..]].concat());
    }
    entries.extend(vec![0; depth + 1]);
    with_debug(module, &abbreviations, &entries, 1, &[], &"x".repeat(490))
}

/// As `trees`, but the inlined functions are nested, and each covers all code.
pub fn nested(depth: usize, count: usize) -> Vec<u8> {
    let (module, starts) = chain(depth);
    let abbreviations = [
        abbreviation(1, UNIT, true, &[(STMT_LIST, SEC_OFFSET)]),
        abbreviation(2, SUBPROGRAM, true, &[(LOW_PC, ADDR), (NAME, STRING)]),
        abbreviation(
            3,
            INLINED,
            true,
            &[(LOW_PC, ADDR), (HIGH_PC, DATA4), (NAME, STRP)],
        ),
    ];
    let mut entries = [leb(1), vec![0; 4]].concat();
    for start in starts {
        entries.extend([&[2], &start.to_le_bytes()[..], b"main.f\0"].concat());
    }
    for _ in 0..count {
        entries.extend([3, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);
    }
    entries.extend(vec![0; depth + count + 1]);
    with_debug(module, &abbreviations, &entries, 1, &[], "main.x")
}

/// A function with `calls` slow calls, and `count` rows of line 0 for its first address.
pub fn rows(calls: usize, count: usize) -> Vec<u8> {
    let start = [vec![0], [0x10, 1, 1].repeat(calls), vec![0x0b]].concat();
    const SPIN: &[u8] =
        b"\x01\x01\x7f\x03\x40\x20\x00\x41\x01\x6a\x22\x00\x41\xac\x02\x48\x0d\x00\x0b\x0b";
    let (module, starts) = functions(&[start, SPIN.to_vec()]);
    let abbreviations = [
        abbreviation(1, UNIT, true, &[(STMT_LIST, SEC_OFFSET)]),
        abbreviation(2, SUBPROGRAM, false, &[(LOW_PC, ADDR), (NAME, STRING)]),
    ];
    let mut entries = [leb(1), vec![0; 4]].concat();
    for start in &starts {
        entries.extend([&[2], &start.to_le_bytes()[..], b"main.f\0"].concat());
    }
    entries.push(0);
    // Sets the address, advances from line 1 to 0, adds rows, and ends the sequence.
    let program = [
        &[0, 5, 2],
        &starts[0].to_le_bytes()[..],
        &[3, 0x7f],
        &vec![1; count],
        &[2, 10, 0, 1, 1],
    ];
    with_debug(
        module,
        &abbreviations,
        &entries,
        1,
        &program.concat(),
        "main.x",
    )
}

/// Functions that each call the next. The last one traps.
fn chain(depth: usize) -> (Vec<u8>, Vec<u32>) {
    const NOP: u8 = 0x01;
    let call = |next: usize| [vec![0, 0x10], leb(next), vec![NOP, 0x0b]].concat();
    let mut bodies: Vec<_> = (1..depth).map(call).collect();
    bodies.push(UNREACHABLE.to_vec());
    functions(&bodies)
}

/// A module of functions without parameters and results that have these bodies, and the offsets of the bodies.
fn functions(bodies: &[Vec<u8>]) -> (Vec<u8>, Vec<u32>) {
    let mut at = leb(bodies.len()).len();
    let begin = |body: &Vec<u8>| {
        let begin = at + leb(body.len()).len();
        at = begin + body.len();
        begin as u32
    };
    let starts = bodies.iter().map(begin).collect();
    let module = Wasm::new(&[VOID.to_vec()], &[], &vec![0; bodies.len()], bodies);
    (module.0, starts)
}

// DWARF's codes for tags, attributes and forms.
const UNIT: u8 = 0x11;
const SUBPROGRAM: u8 = 0x2e;
const INLINED: u8 = 0x1d;
const NAME: u8 = 0x03;
const STMT_LIST: u8 = 0x10;
const LOW_PC: u8 = 0x11;
const HIGH_PC: u8 = 0x12;
const ORIGIN: u8 = 0x31;
const DECL_FILE: u8 = 0x3a;
const DECL_LINE: u8 = 0x3b;
const ADDR: u8 = 0x01;
const DATA4: u8 = 0x06;
const STRING: u8 = 0x08;
const DATA1: u8 = 0x0b;
const STRP: u8 = 0x0e;
const UDATA: u8 = 0x0f;
const REF4: u8 = 0x13;
const SEC_OFFSET: u8 = 0x17;
const LINE_STRP: u8 = 0x1f;

/// The size of a unit's header.
const UNIT_HEADER: u32 = 12;

fn abbreviation(code: u8, tag: u8, has_children: bool, attributes: &[(u8, u8)]) -> Vec<u8> {
    let attributes = attributes.iter().flat_map(|(name, form)| [*name, *form]);
    let head = [code, tag, u8::from(has_children)];
    head.into_iter().chain(attributes).chain([0, 0]).collect()
}

/// Adds debug information in DWARF version 5: a unit of these entries, which share one string, and a line table with
/// `files` files, which all have the same path of 8,000 letters.
fn with_debug(
    mut module: Vec<u8>,
    abbreviations: &[Vec<u8>],
    entries: &[u8],
    files: usize,
    program: &[u8],
    string: &str,
) -> Vec<u8> {
    let abbreviations = [abbreviations.concat(), vec![0]].concat();
    let unit = [&[5, 0, 1, 4, 0, 0, 0, 0], entries].concat();
    let folder = [vec![b'b'; 4000], vec![0]].concat();
    let strings = [folder.as_slice(), &folder].concat();
    const FORMS: &[u8] = &[1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    const PATH: u8 = 1;
    const FOLDER: u8 = 2;
    let file = [&4001_u32.to_le_bytes()[..], &[0]].concat();
    let header = [
        FORMS,
        &[1, PATH, LINE_STRP, 1, 0, 0, 0, 0],
        &[2, PATH, LINE_STRP, FOLDER, UDATA],
        &leb(files),
        &file.repeat(files),
    ];
    let header = header.concat();
    let length = (header.len() as u32).to_le_bytes();
    let lines = [&[5, 0, 4, 0], &length[..], &header, program].concat();
    for (name, content) in [
        (".debug_abbrev", abbreviations),
        (".debug_info", with_length(&unit)),
        (".debug_line", with_length(&lines)),
        (".debug_line_str", strings),
        (".debug_str", [string.as_bytes(), &[0]].concat()),
    ] {
        debug_info::section(&mut module, name, &content);
    }
    module
}

fn with_length(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_le_bytes()[..], content].concat()
}

fn name(name: &str) -> Vec<u8> {
    sized(name.as_bytes())
}

fn sized(content: &[u8]) -> Vec<u8> {
    [&leb(content.len()), content].concat()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [leb(items.len()), items.concat()].concat()
}

fn leb(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    debug_info::leb128(&mut bytes, number);
    bytes
}
