//! Rewriting a module so that it keeps a shadow stack: a slot for each function that is being executed,
//! with the number of the place where it last was. The slots lie in a memory of their own and the
//! address of the first free one in a global, both of which the guest cannot name. They are added behind
//! the module's own, so that nothing is renumbered and the debug information stays right; custom
//! sections are left out. A `start` function becomes an export, to be called like any other.
//!
//! The module has to be valid. An index past the end of what it has would come to mean something that is
//! added.

use super::body::{Function, I32, Rewriter, SLOT, Shadow};
use super::operator::Unfit;
use super::references::{
    EXPORTED_FUNCTION, EXPORTED_GLOBAL, EXPORTED_MEMORY, exported_names, indirect,
};
use super::section::{
    CODE, ELEMENT, EXPORT, FUNCTION, GLOBAL, IMPORT, Imports, MEMORY, ORDER, PREAMBLE, START,
    Sections, TYPE, count, with, write_section, write_with,
};
use super::tracked::{Bodies, Exports, Tracked};
use super::types::{AddedTypes, Type, types};
use crate::module::Module;
use crate::module::bytes::{Reader, write_sized, write_u32};
use std::collections::HashSet;

/// The size of a page of memory.
const PAGE: u64 = 64 << 10;

/// Slots beyond one for each frame.
const SPARE: u64 = 64;

/// By how much the memory may come to be larger than it has to be.
const PAGES_AT_A_TIME: u64 = 8;

/// Rewrites a valid module that may have as many frames at a time, and is linked to these others.
///
/// # Errors
///
/// Why it cannot be rewritten.
pub fn rewrite(module: &Module, others: &[&Module], frames: u64) -> Result<Tracked, Unfit> {
    let sections = Sections::read(&module.wasm)?;
    let types = types(sections.of(TYPE))?;
    let imports = Imports::read(sections.of(IMPORT))?;
    let sum = |imported: u32, section| {
        let own: Result<_, Unfit> = count(sections.of(section));
        imported.checked_add(own?).ok_or(Unfit::Invalid)
    };
    let shadow = Shadow {
        top: sum(imports.globals, GLOBAL)?,
        memory: sum(imports.memories, MEMORY)?,
        grow: sum(imports.functions, FUNCTION)?,
    };
    let mut added = AddedTypes::new(&types);
    let grow_type = added.index(&[I32], &[]);
    let mut rewriter = Rewriter::new(shadow);
    let (code, bodies) = code(&sections, &imports, &types, &mut added, &mut rewriter)?;
    let mut taken: HashSet<u64> = sections.memory_maxima()?.into_iter().collect();
    for other in others {
        taken.extend(Sections::read(&other.wasm)?.memory_maxima()?);
    }
    let maximum = maximum(&taken, frames);
    let (exports, export_section) =
        exports(&sections, &imports, shadow, &exported_names(&sections)?)?;

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
    Ok(Tracked {
        wasm: written,
        exports,
        memory_maximum: u64::from(maximum) * PAGE,
        sites: rewriter.sites,
        bodies,
        has_tail_calls: rewriter.has_tail_calls,
    })
}

/// Says of a memory that it has a maximum.
const HAS_MAXIMUM: u8 = 1;

/// Says of a global that it can be set.
const MUTABLE: u8 = 1;

/// The most that the memory of slots may have, in pages: one slot for each frame and some, and a number
/// that no other memory has, by which the runner can tell it from those.
fn maximum(taken: &HashSet<u64>, frames: u64) -> u32 {
    let slots = frames.saturating_add(SPARE);
    let needed = slots.saturating_mul(u64::from(SLOT)).div_ceil(PAGE) + PAGES_AT_A_TIME;
    let is_free = |pages: &u64| !taken.contains(pages);
    // Memories end at 4 GiB, which is a billion frames.
    let larger = (needed..=PAGE).find(is_free);
    let free = larger.or_else(|| (1..PAGE).rev().find(is_free));
    free.unwrap_or(PAGE) as u32
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
        first: imports.functions,
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
    let first = imports.functions;
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

/// What the names of exports begin with that are added.
const ADDED: &str = "tinyrun.";

/// The export section with what is exported besides, and the names of that.
fn exports(
    sections: &Sections<'_>,
    imports: &Imports,
    shadow: Shadow,
    names: &[&[u8]],
) -> Result<(Exports, Vec<u8>), Unfit> {
    let begins = |name: &&&[u8]| name.starts_with(ADDED.as_bytes());
    let taken: HashSet<&[u8]> = names.iter().filter(begins).copied().collect();
    let free = |name: &str| {
        let mut name = format!("{ADDED}{name}");
        while taken.contains(&name.as_bytes()) {
            name.push('\'');
        }
        name
    };
    let exports = Exports {
        slots: free("slots"),
        top: free("top"),
        start: sections.has(START).then(|| free("start")),
        stack_pointer: may_be_stack_pointer(sections, imports).then(|| free("sp")),
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

/// Whether the first global may hold the address of the module's own stack in linear memory: its own, an
/// i32, to be set.
fn may_be_stack_pointer(sections: &Sections<'_>, imports: &Imports) -> bool {
    let mut globals = Reader::new(sections.of(GLOBAL));
    imports.globals == 0
        && globals.u32().is_ok_and(|count| count > 0)
        && globals.rest().starts_with(&[I32, MUTABLE])
}
