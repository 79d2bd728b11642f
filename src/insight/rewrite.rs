//! Rewriting a module so that it keeps a shadow stack: a slot for each function that is being executed,
//! with the number of the place where it last was. The slots lie in a memory of their own and the
//! address of the first free one in a global, both of which the guest cannot name. They are added behind
//! the module's own, so that nothing is renumbered and the debug information stays right; custom
//! sections are left out. A `start` function becomes an export, to be called like any other.
//!
//! The engine validates what comes out. So that nothing invalid becomes valid on the way, an index
//! past the end of what the module has is refused here.

use super::body::{Function, I32, NOTHING, Reach, Rewriter, SLOT, Shadow};
use super::bytes::{Reader, write_sized, write_u32};
use super::operator::{Own, Unfit, within};
use super::site::Site;
use crate::module::Module;
use wasmparser::{
    BinaryReader, DataKind, DataSectionReader, ElementItems, ElementSectionReader,
    GlobalSectionReader, ImportSectionReader, MemorySectionReader, Operator, TypeRef,
};

/// A module that keeps a shadow stack.
#[derive(Debug)]
pub struct Watched {
    /// The module, for the engine.
    pub wasm: Vec<u8>,
    /// What it exports besides.
    pub exports: Exports,
    /// The most that the memory can grow to that holds the slots, in bytes. No other memory of the
    /// module has the same.
    pub memory_maximum: u64,
    /// The places that slots name, each by its number, from 1 on.
    pub(super) sites: Vec<Site>,
    /// The functions' bodies.
    pub(super) bodies: Bodies,
    /// Whether a function may call another in place of itself.
    pub(super) has_tail_calls: bool,
}

/// Where the bodies of a module's own functions begin in the code section.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// The index of the first function that is not imported.
    first: u32,
    starts: Vec<u32>,
}

impl Bodies {
    pub(super) fn start(&self, function: u32) -> Option<u32> {
        let own = function.checked_sub(self.first)?;
        self.starts.get(own as usize).copied()
    }
}

impl Watched {
    /// The site with this number, where there is one.
    pub(super) fn site(&self, number: u32) -> Option<&Site> {
        self.sites.get(number.checked_sub(1)? as usize)
    }
}

/// The names of what a watched module exports for the runner.
#[derive(Clone, Debug)]
pub struct Exports {
    /// The memory that holds the slots.
    pub slots: String,
    /// The global that holds the address of the first free slot.
    pub top: String,
    /// The module's `start` function, where it has one.
    pub start: Option<String>,
    /// The global that holds the address of its own stack in linear memory, where that is known.
    pub stack_pointer: Option<String>,
}

/// The size of a page of memory.
const PAGE: u64 = 64 << 10;

/// Slots beyond one for each frame.
const SPARE: u64 = 64;

/// By how much the memory may come to be larger than it has to be.
const PAGES_AT_A_TIME: u64 = 8;

// Sections, by their ids.
const TYPE: usize = 1;
const IMPORT: usize = 2;
const FUNCTION: usize = 3;
const TABLE: usize = 4;
const MEMORY: usize = 5;
const GLOBAL: usize = 6;
const EXPORT: usize = 7;
const START: usize = 8;
const ELEMENT: usize = 9;
const CODE: usize = 10;
const DATA: usize = 11;
const DATA_COUNT: usize = 12;

/// The sections in the order in which they stand.
const ORDER: [usize; 12] = [
    TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA,
];

/// Rewrites a module that may have as many frames at a time.
///
/// # Errors
///
/// Why it cannot be rewritten.
pub fn rewrite(module: &Module, frames: u64) -> Result<Watched, Unfit> {
    let sections = Sections::read(&module.wasm)?;
    let types = types(sections.of(TYPE))?;
    let imports = Imports::read(sections.of(IMPORT))?;
    let own = Own {
        types: types.len() as u32,
        functions: imports.functions.len() as u32 + count(sections.of(FUNCTION))?,
        globals: imports.globals + count(sections.of(GLOBAL))?,
        memories: imports.memories + count(sections.of(MEMORY))?,
        locals: 0,
    };
    check_data(sections.of(DATA), &own)?;
    check_globals(sections.of(GLOBAL), &own)?;
    let shadow = Shadow {
        top: own.globals,
        memory: own.memories,
        grow: own.functions,
    };
    let mut added = AddedTypes::new(&types);
    let grow_type = added.index(&[I32], &[]);
    let mut rewriter = Rewriter::new(own, shadow);
    let (code, bodies) = code(&sections, &imports, &types, &mut added, &mut rewriter)?;
    let maximum = maximum(sections.of(MEMORY), frames)?;
    check_start(&sections, &imports, &types)?;
    let exported = exported(&sections, &own)?;
    let stack_pointer = match is_stack_pointer(&sections, &imports) && module.has_stack_pointer() {
        true => StackPointer::FirstGlobal,
        false => StackPointer::Unknown,
    };
    let (exports, export_section) = exports(&sections, stack_pointer, shadow, &exported)?;

    let mut written = Vec::with_capacity(sections.size() + code.len() / 2 + 256);
    written.extend_from_slice(PREAMBLE);
    for id in ORDER {
        match id {
            TYPE => added.write(sections.of(TYPE), &mut written)?,
            FUNCTION => {
                let mut grow = Vec::new();
                write_u32(&mut grow, grow_type);
                write_with(&mut written, FUNCTION, sections.of(FUNCTION), 1, &grow)?;
            }
            MEMORY => {
                let mut memory = vec![HAS_MAXIMUM];
                write_u32(&mut memory, Shadow::PAGES);
                write_u32(&mut memory, maximum);
                write_with(&mut written, MEMORY, sections.of(MEMORY), 1, &memory)?;
            }
            GLOBAL => {
                let zero = [I32, MUTABLE, 0x41, 0, 0x0b];
                write_with(&mut written, GLOBAL, sections.of(GLOBAL), 1, &zero)?;
            }
            EXPORT => write_section(&mut written, EXPORT, &export_section),
            START => {}
            CODE => write_section(&mut written, CODE, &code),
            other if sections.has(other) => {
                write_section(&mut written, other, sections.of(other));
            }
            _ => {}
        }
    }
    Ok(Watched {
        wasm: written,
        exports,
        memory_maximum: u64::from(maximum) * PAGE,
        sites: rewriter.sites,
        bodies,
        has_tail_calls: rewriter.has_tail_calls,
    })
}

/// What every module begins with.
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// Says of a memory that it has a maximum.
const HAS_MAXIMUM: u8 = 1;

/// Says of a global that it can be set.
const MUTABLE: u8 = 1;

/// A module's sections, but for the custom ones.
struct Sections<'a>([Option<&'a [u8]>; 13]);

impl<'a> Sections<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self, Unfit> {
        let mut reader = Reader::new(wasm);
        if reader.bytes(PREAMBLE.len())? != PREAMBLE {
            return Err(Unfit::Invalid);
        }
        let mut sections = [None; 13];
        let mut order = ORDER.iter();
        while !reader.is_at_end() {
            let id = usize::from(reader.byte()?);
            let content = reader.sized()?;
            if id == 0 {
                continue;
            }
            if !order.any(|next| *next == id) {
                return Err(Unfit::Invalid);
            }
            sections[id] = Some(content);
        }
        Ok(Self(sections))
    }

    /// A section's content, which is nothing where it is missing.
    fn of(&self, id: usize) -> &'a [u8] {
        self.0[id].unwrap_or_default()
    }

    fn has(&self, id: usize) -> bool {
        self.0[id].is_some()
    }

    fn size(&self) -> usize {
        self.0.iter().flatten().map(|content| content.len()).sum()
    }
}

/// How many there are in a section, which is none where it is missing.
fn count(section: &[u8]) -> Result<u32, Unfit> {
    match section {
        [] => Ok(0),
        _ => Ok(Reader::new(section).u32()?),
    }
}

/// What a function's type begins with.
const FUNCTION_TYPE: u8 = 0x60;

/// A function's type: how many parameters it has, and the types of its results.
struct Type<'a> {
    params: u32,
    results: &'a [u8],
}

fn types(section: &[u8]) -> Result<Vec<Type<'_>>, Unfit> {
    let mut types = Vec::new();
    if section.is_empty() {
        return Ok(types);
    }
    let mut reader = Reader::new(section);
    for _ in 0..reader.u32()? {
        if reader.byte()? != FUNCTION_TYPE {
            return Err(Unfit::Invalid);
        }
        let params = reader.sized()?.len() as u32;
        let results = reader.sized()?;
        // A type of more bytes than one would be read as several.
        if !results.iter().all(|ty| (0x6f..=0x7f).contains(ty)) {
            return Err(Unfit::Invalid);
        }
        types.push(Type { params, results });
    }
    Ok(types)
}

/// What is imported, as far as it is numbered before the module's own.
#[derive(Default)]
struct Imports {
    /// The functions' types, by their indices.
    functions: Vec<u32>,
    globals: u32,
    memories: u32,
}

impl Imports {
    fn read(section: &[u8]) -> Result<Self, Unfit> {
        let mut found = Self::default();
        if section.is_empty() {
            return Ok(found);
        }
        let imports = ImportSectionReader::new(BinaryReader::new(section, 0));
        for import in imports.map_err(|_| Unfit::Invalid)? {
            match import.map_err(|_| Unfit::Invalid)?.ty {
                TypeRef::Func(ty) => found.functions.push(ty),
                TypeRef::Global(_) => found.globals += 1,
                TypeRef::Memory(_) => found.memories += 1,
                TypeRef::Table(_) => {}
                TypeRef::Tag(_) => return Err(Unfit::Invalid),
            }
        }
        Ok(found)
    }
}

/// Refuses data for a memory that the module does not have.
fn check_data(section: &[u8], own: &Own) -> Result<(), Unfit> {
    if section.is_empty() {
        return Ok(());
    }
    let data = DataSectionReader::new(BinaryReader::new(section, 0));
    for segment in data.map_err(|_| Unfit::Invalid)? {
        if let DataKind::Active { memory_index, .. } = segment.map_err(|_| Unfit::Invalid)?.kind {
            within(memory_index, own.memories)?;
        }
    }
    Ok(())
}

/// Refuses globals that begin with a function that the module does not have.
fn check_globals(section: &[u8], own: &Own) -> Result<(), Unfit> {
    if section.is_empty() {
        return Ok(());
    }
    let globals = GlobalSectionReader::new(BinaryReader::new(section, 0));
    for global in globals.map_err(|_| Unfit::Invalid)? {
        let global = global.map_err(|_| Unfit::Invalid)?;
        for operator in global.init_expr.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator.map_err(|_| Unfit::Invalid)? {
                within(function_index, own.functions)?;
            }
        }
    }
    Ok(())
}

/// The most that the memory of slots may have, in pages: one slot for each frame and some, and a number
/// that no memory of the module has, by which the runner can tell it from those.
fn maximum(section: &[u8], frames: u64) -> Result<u32, Unfit> {
    let slots = frames.saturating_add(SPARE);
    let needed = slots.saturating_mul(u64::from(SLOT)).div_ceil(PAGE) + PAGES_AT_A_TIME;
    let mut taken = Vec::new();
    if !section.is_empty() {
        let memories = MemorySectionReader::new(BinaryReader::new(section, 0));
        for memory in memories.map_err(|_| Unfit::Invalid)? {
            taken.extend(memory.map_err(|_| Unfit::Invalid)?.maximum);
        }
    }
    let mut maximum = needed;
    while taken.contains(&maximum) {
        maximum += 1;
    }
    // Memories end at 4 GiB, which is a billion frames.
    Ok(maximum.min(PAGE) as u32)
}

/// The types that the rewritten module has besides.
struct AddedTypes<'a> {
    own: u32,
    /// Their parameters and results.
    added: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> AddedTypes<'a> {
    fn new(types: &[Type<'a>]) -> Self {
        Self {
            own: types.len() as u32,
            added: Vec::new(),
        }
    }

    fn index(&mut self, params: &'a [u8], results: &'a [u8]) -> u32 {
        let known = self
            .added
            .iter()
            .position(|added| *added == (params, results));
        let index = known.unwrap_or_else(|| {
            self.added.push((params, results));
            self.added.len() - 1
        });
        self.own + index as u32
    }

    /// The type of a block that has a function's results: a byte where there is one at the most, and else
    /// the index of a type.
    fn block(&mut self, results: &'a [u8]) -> Vec<u8> {
        match results {
            [] => vec![NOTHING],
            [one] => vec![*one],
            several => signed_index(self.index(&[], several)),
        }
    }

    fn write(&self, section: &[u8], to: &mut Vec<u8>) -> Result<(), Unfit> {
        let mut types = Vec::new();
        for (params, results) in &self.added {
            types.push(FUNCTION_TYPE);
            write_sized(&mut types, params);
            write_sized(&mut types, results);
        }
        write_with(to, TYPE, section, self.added.len() as u32, &types)
    }
}

/// An index where a negative number would be a type: with the sign's bit free.
fn signed_index(index: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_u32(&mut bytes, index);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}

/// The functions that can be called without being named, as elements of tables can.
fn indirect(section: &[u8], functions: usize) -> Result<Vec<Reach>, Unfit> {
    let mut reach = vec![Reach::Direct; functions];
    if section.is_empty() {
        return Ok(reach);
    }
    let mut mark = |index: u32| {
        *reach.get_mut(index as usize).ok_or(Unfit::Invalid)? = Reach::Indirect;
        Ok::<_, Unfit>(())
    };
    let elements = ElementSectionReader::new(BinaryReader::new(section, 0));
    for element in elements.map_err(|_| Unfit::Invalid)? {
        match element.map_err(|_| Unfit::Invalid)?.items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    mark(function.map_err(|_| Unfit::Invalid)?)?;
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    let expression = expression.map_err(|_| Unfit::Invalid)?;
                    for operator in expression.get_operators_reader() {
                        match operator.map_err(|_| Unfit::Invalid)? {
                            Operator::RefFunc { function_index } => mark(function_index)?,
                            _ => {}
                        }
                    }
                }
            }
        }
    }
    Ok(reach)
}

/// The code section, rewritten, and where the bodies were.
fn code<'a>(
    sections: &Sections<'a>,
    imports: &Imports,
    types: &[Type<'a>],
    added: &mut AddedTypes<'a>,
    rewriter: &mut Rewriter,
) -> Result<(Vec<u8>, Bodies), Unfit> {
    let count = count(sections.of(FUNCTION))?;
    let mut section = Vec::with_capacity(sections.of(CODE).len() * 5 / 4);
    let mut found = Bodies {
        first: imports.functions.len() as u32,
        starts: Vec::new(),
    };
    write_u32(&mut section, count.checked_add(1).ok_or(Unfit::Invalid)?);
    if !sections.has(CODE) {
        section.extend_from_slice(&rewriter.shadow.grow_body());
        return match count {
            0 => Ok((section, found)),
            _ => Err(Unfit::Invalid),
        };
    }
    let mut declared = Reader::new(sections.of(FUNCTION));
    if sections.has(FUNCTION) {
        declared.u32()?;
    }
    let mut bodies = Reader::new(sections.of(CODE));
    if bodies.u32()? != count {
        return Err(Unfit::Invalid);
    }
    // Each function takes a byte at least, so that what is made here is no larger than the module.
    if count as usize > sections.of(FUNCTION).len() {
        return Err(Unfit::Invalid);
    }
    let first = imports.functions.len() as u32;
    let reach = indirect(sections.of(ELEMENT), first as usize + count as usize)?;
    for index in first..first + count {
        let ty = types.get(declared.u32()? as usize).ok_or(Unfit::Invalid)?;
        let body = bodies.sized()?;
        let function = Function {
            index,
            params: ty.params,
            block_type: &added.block(ty.results),
            reach: reach[index as usize],
            body,
            offset: (bodies.at() - body.len()) as u32,
        };
        found.starts.push(function.offset);
        rewriter.rewrite(&function, &mut section)?;
    }
    section.extend_from_slice(&rewriter.shadow.grow_body());
    match bodies.is_at_end() {
        true => Ok((section, found)),
        false => Err(Unfit::Invalid),
    }
}

/// Refuses a `start` function that takes or returns something: exported, it would be valid.
fn check_start(
    sections: &Sections<'_>,
    imports: &Imports,
    types: &[Type<'_>],
) -> Result<(), Unfit> {
    let Some(start) = sections.0[START] else {
        return Ok(());
    };
    let mut start = Reader::new(start);
    let index = start.u32()? as usize;
    let ty = match imports.functions.get(index) {
        Some(ty) => *ty,
        None => {
            let own = index - imports.functions.len();
            let mut declared = Reader::new(sections.of(FUNCTION));
            let count = declared.u32()? as usize;
            if own >= count {
                return Err(Unfit::Invalid);
            }
            for _ in 0..own {
                declared.u32()?;
            }
            declared.u32()?
        }
    };
    let ty = types.get(ty as usize).ok_or(Unfit::Invalid)?;
    match ty.params == 0 && ty.results.is_empty() && start.is_at_end() {
        true => Ok(()),
        false => Err(Unfit::Invalid),
    }
}

// What can be exported, by its kind's number.
const EXPORTED_FUNCTION: u8 = 0;
const EXPORTED_MEMORY: u8 = 2;
const EXPORTED_GLOBAL: u8 = 3;

/// The names that the module's own exports have.
fn exported<'a>(sections: &Sections<'a>, own: &Own) -> Result<Vec<&'a [u8]>, Unfit> {
    let mut names = Vec::new();
    if !sections.has(EXPORT) {
        return Ok(names);
    }
    let mut exports = Reader::new(sections.of(EXPORT));
    for _ in 0..exports.u32()? {
        names.push(exports.sized()?);
        let kind = exports.byte()?;
        let index = exports.u32()?;
        match kind {
            EXPORTED_FUNCTION => within(index, own.functions)?,
            EXPORTED_MEMORY => within(index, own.memories)?,
            EXPORTED_GLOBAL => within(index, own.globals)?,
            _ => {}
        }
    }
    Ok(names)
}

/// The export section with what is exported besides, and the names of that.
fn exports(
    sections: &Sections<'_>,
    stack_pointer: StackPointer,
    shadow: Shadow,
    taken: &[&[u8]],
) -> Result<(Exports, Vec<u8>), Unfit> {
    let free = |name: &str| {
        let mut name = format!("tinyrun.{name}");
        while taken.contains(&name.as_bytes()) {
            name.push('\'');
        }
        name
    };
    let exports = Exports {
        slots: free("slots"),
        top: free("top"),
        start: sections.has(START).then(|| free("start")),
        stack_pointer: match stack_pointer {
            StackPointer::FirstGlobal => Some(free("sp")),
            StackPointer::Unknown => None,
        },
    };
    let mut added = Vec::new();
    let mut export = |name: &str, kind, index| {
        write_sized(&mut added, name.as_bytes());
        added.push(kind);
        write_u32(&mut added, index);
    };
    export(&exports.slots, EXPORTED_MEMORY, shadow.memory);
    export(&exports.top, EXPORTED_GLOBAL, shadow.top);
    if let Some(name) = &exports.start {
        let mut start = Reader::new(sections.of(START));
        export(name, EXPORTED_FUNCTION, start.u32()?);
    }
    if let Some(name) = &exports.stack_pointer {
        export(name, EXPORTED_GLOBAL, 0);
    }
    let more = 2 + u32::from(exports.start.is_some()) + u32::from(exports.stack_pointer.is_some());
    let mut section = Vec::new();
    with(&mut section, sections.of(EXPORT), more, &added)?;
    Ok((exports, section))
}

/// Where the module keeps the address of its own stack in linear memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StackPointer {
    FirstGlobal,
    Unknown,
}

/// Whether the first global can be that: not imported, an i32, to be set.
fn is_stack_pointer(sections: &Sections<'_>, imports: &Imports) -> bool {
    let mut globals = Reader::new(sections.of(GLOBAL));
    imports.globals == 0
        && globals.u32().is_ok_and(|count| count > 0)
        && globals.rest().starts_with(&[I32, MUTABLE])
}

/// Writes a section with more entries behind its own.
fn write_with(
    to: &mut Vec<u8>,
    id: usize,
    section: &[u8],
    more: u32,
    added: &[u8],
) -> Result<(), Unfit> {
    let mut content = Vec::with_capacity(section.len() + added.len() + 5);
    with(&mut content, section, more, added)?;
    write_section(to, id, &content);
    Ok(())
}

fn with(to: &mut Vec<u8>, section: &[u8], more: u32, added: &[u8]) -> Result<(), Unfit> {
    let mut own = Reader::new(section);
    let count = match section {
        [] => 0,
        _ => own.u32()?,
    };
    write_u32(to, count.checked_add(more).ok_or(Unfit::Invalid)?);
    to.extend_from_slice(own.rest());
    to.extend_from_slice(added);
    Ok(())
}

fn write_section(to: &mut Vec<u8>, id: usize, content: &[u8]) {
    to.push(id as u8);
    write_sized(to, content);
}
