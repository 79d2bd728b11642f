//! Go signatures out of the debug information, for the functions asked for. What was not written by TinyGo
//! is passed over.

use super::{Debug, Entry, Slice, refers_to};
use crate::module::go_signature::{GoParam, GoType, Signature, TypeKind};
use gimli::{DebugInfoOffset, UnitHeader, UnitOffset};
use std::collections::HashMap;
use std::rc::Rc;

/// The most parameters that a wasm function can have.
const MOST_PARAMS: usize = 1_000;

/// What it takes to keep a parameter, besides its name and its type's, and to show it.
const BYTES_PER_PARAM: usize = 128;

/// How many type names are followed to what they stand for; Go's own chains are of two or three.
const MOST_NAMES: usize = 16;

/// The signatures of those of `functions` that the debug information of a module knows, each by the
/// name that the name section has for it.
pub(in crate::module) fn signatures(
    wasm: &[u8],
    functions: &[&str],
) -> HashMap<String, Rc<Signature>> {
    // The wrapper of a `//go:wasmexport` function tells nothing; the function itself does.
    let wanted: HashMap<&str, &str> = functions
        .iter()
        .map(|name| (name.strip_suffix("#wasmexport").unwrap_or(name), *name))
        .collect();
    let mut found = HashMap::new();
    let Some(debug) = Debug::read(wasm) else {
        return HashMap::new();
    };
    for unit in &debug.units {
        // A unit that is damaged does not spoil the others.
        let _ = debug.look_through(unit, &wanted, &mut found);
    }
    let found = found.into_iter();
    found
        .map(|(name, signature)| (name, Rc::new(signature)))
        .collect()
}

impl<'a> Debug<'a> {
    /// Adds the signatures of the wanted functions that a unit declares.
    fn look_through(
        &self,
        unit: &UnitHeader<Slice<'a>>,
        wanted: &HashMap<&str, &str>,
        found: &mut HashMap<String, Signature>,
    ) -> Option<()> {
        let abbreviations = self.abbreviations(unit)?;
        let mut entries = unit.entries(&abbreviations);
        entries.next_entry().ok()?;
        let root = entries.current()?;
        self.count(root)?;
        if !self.is_tinygo(root) {
            return Some(());
        }
        // The function whose parameters are being read, and how deep it lies.
        let mut open: Option<(&str, isize, Vec<GoParam>)> = None;
        while let Some(entry) = entries.next_dfs().ok()? {
            self.count(entry)?;
            if let Some((_, depth, params)) = open.as_mut() {
                let is_param = entry.tag() == gimli::DW_TAG_formal_parameter;
                if is_param && entry.depth() == *depth + 1 && params.len() < MOST_PARAMS {
                    params.push(self.param(unit, entry)?);
                    continue;
                }
                keep(open.take(), found);
            }
            if entry.tag() == gimli::DW_TAG_subprogram {
                let names = [gimli::DW_AT_linkage_name, gimli::DW_AT_name];
                let mut names = names
                    .into_iter()
                    .filter_map(|name| self.string(entry, name));
                let function = names.find_map(|name| wanted.get(name));
                open = function.map(|function| (*function, entry.depth(), Vec::new()));
            }
        }
        keep(open, found);
        Some(())
    }

    /// A parameter; `None` where it exceeds the budget.
    fn param(&self, unit: &UnitHeader<Slice<'a>>, entry: &Entry<'a>) -> Option<GoParam> {
        let ty = entry.attr_value(gimli::DW_AT_type);
        let ty = ty.and_then(|value| self.go_type(refers_to(unit, value)?));
        let unknown = || GoType {
            name: "?".to_owned(),
            kind: TypeKind::Other,
        };
        let name = self.string(entry, gimli::DW_AT_name).unwrap_or("_");
        let ty = ty.unwrap_or_else(unknown);
        self.budget
            .bytes(BYTES_PER_PARAM + 2 * (name.len() + ty.name.len()))?;
        Some(GoParam {
            name: name.to_owned(),
            ty,
        })
    }

    /// The Go type described at `place`.
    fn go_type(&self, place: DebugInfoOffset) -> Option<GoType> {
        let mut entry = self.type_entry(place)?;
        if entry.tag == gimli::DW_TAG_pointer_type {
            let to = entry
                .stands_for
                .and_then(|place| self.type_entry(place)?.name);
            let name = to.map_or("unsafe.Pointer".to_owned(), |to| {
                format!("*{}", type_name(to))
            });
            return Some(GoType {
                name,
                kind: TypeKind::Pointer,
            });
        }
        let name = type_name(entry.name?);
        for _ in 0..MOST_NAMES {
            let kind = match entry.tag {
                gimli::DW_TAG_pointer_type => TypeKind::Pointer,
                _ => TypeKind::of(entry.name.unwrap_or_default()),
            };
            match (kind, entry.tag, entry.stands_for) {
                (TypeKind::Other, gimli::DW_TAG_typedef, Some(place)) => {
                    entry = self.type_entry(place)?
                }
                _ => return Some(GoType { name, kind }),
            }
        }
        None
    }

    fn type_entry(&self, place: DebugInfoOffset) -> Option<TypeEntry<'a>> {
        let (unit, offset) = self.unit_of(place)?;
        let abbreviations = self.abbreviations(unit)?;
        let entry = unit.entry(&abbreviations, offset).ok()?;
        self.count(&entry)?;
        let stands_for = entry.attr_value(gimli::DW_AT_type);
        Some(TypeEntry {
            tag: entry.tag(),
            name: self.string(&entry, gimli::DW_AT_name),
            stands_for: stands_for.and_then(|value| refers_to(unit, value)),
        })
    }

    /// The unit that holds `place`, and the place in it.
    fn unit_of(&self, place: DebugInfoOffset) -> Option<(&UnitHeader<Slice<'a>>, UnitOffset)> {
        let (index, offset) = self.unit_index_of(place)?;
        Some((self.units.get(index)?, offset))
    }
}

/// Keeps a function's parameters. Of one that was inlined there is a second entry, which may say less.
fn keep(read: Option<(&str, isize, Vec<GoParam>)>, found: &mut HashMap<String, Signature>) {
    let Some((function, _, params)) = read else {
        return;
    };
    let nothing = Signature { params: Vec::new() };
    let known = found.entry(function.to_owned()).or_insert(nothing);
    if params.len() > known.params.len() {
        known.params = params;
    }
}

/// What is needed of the entry of a type.
struct TypeEntry<'a> {
    tag: gimli::DwTag,
    name: Option<&'a str>,
    /// What a name stands for, or a pointer points to.
    stands_for: Option<DebugInfoOffset>,
}

/// A type's name as Go writes it: without the program's own package.
fn type_name(name: &str) -> String {
    name.strip_prefix("main.").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::signatures;
    use tinyrun_test_support::debug_info::{self, Function};

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    const FUNCTION: Function = Function {
        wasm_name: "add",
        go_name: "main.add",
        params: &[
            ("x", "uint32"),
            ("s", "main.name"),
            ("p", "*uint8"),
            ("b", "[]byte"),
        ],
    };

    #[test]
    fn parameters_are_read() {
        let module = debug_info::add(EMPTY, "TinyGo", &[FUNCTION]);
        let found = signatures(&module, &["add", "sub"]);
        let shown: Vec<_> = found
            .iter()
            .map(|(name, s)| format!("{name}({s})"))
            .collect();
        assert_eq!(shown, ["add(x uint32, s name, p *uint8, b []byte)"]);
    }

    /// Every byte of the debug information changed, cut off, and replaced by noise.
    #[test]
    fn damage_is_passed_over() {
        let sections = debug_info::sections("TinyGo", &[FUNCTION]);
        let mut state = 1_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for (damaged, (_, content)) in sections.iter().enumerate() {
            for at in 0..content.len() {
                for kind in 0..4 {
                    let mut module = EMPTY.to_vec();
                    for (this, (name, content)) in sections.iter().enumerate() {
                        let mut content = content.clone();
                        match (this == damaged, kind) {
                            (true, 0) => content[at] = noise(),
                            (true, 1) => content[at] ^= 0xff,
                            (true, 2) => content.truncate(at),
                            (true, _) => content[at..].iter_mut().for_each(|byte| *byte = noise()),
                            (false, _) => {}
                        }
                        debug_info::section(&mut module, name, &content);
                    }
                    signatures(&module, &["add"]);
                }
            }
        }
    }
}
