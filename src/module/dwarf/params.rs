//! Reads Go signatures from the debug information that TinyGo wrote.

use super::{Debug, Entry, Slice, referenced_entry};
use crate::go_types::{Element, GoType};
use crate::module::go_signature::{GoParam, ParamType, Signature};
use gimli::{DebugInfoOffset, UnitHeader};
use std::collections::HashMap;
use std::rc::Rc;

/// The maximum number of parameters of a wasm function:
/// <https://webassembly.github.io/spec/js-api/#limits>.
const MAX_PARAMS: usize = 1_000;

/// The memory for a parameter without its names, in bytes.
const BYTES_PER_PARAM: usize = 128;

/// The maximum number of type definitions to follow to the underlying type. Go programs have two or three.
const MAX_TYPEDEFS: usize = 16;

/// The signatures of `functions`, by their names in the name section. Functions without debug information are missing.
pub(in crate::module) fn signatures(
    wasm: &[u8],
    functions: &[&str],
) -> HashMap<String, Rc<Signature>> {
    // In the debug information, the wrapper of a `//go:wasmexport` function has no parameters, but the function has.
    let wanted: HashMap<&str, &str> = functions
        .iter()
        .map(|name| (name.strip_suffix("#wasmexport").unwrap_or(name), *name))
        .collect();
    let mut found = HashMap::new();
    let Some(debug) = Debug::read(wasm) else {
        return HashMap::new();
    };
    for unit in &debug.units {
        // A malformed unit does not affect the others.
        let _ = debug.read_signatures(unit, &wanted, &mut found);
    }
    let found = found.into_iter();
    found
        .map(|(name, signature)| (name, Rc::new(signature)))
        .collect()
}

impl<'a> Debug<'a> {
    /// Adds the signatures of wanted functions in a unit.
    fn read_signatures(
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
        // The function whose parameters are being read, the depth of its entry, and the parameters so far.
        let mut open: Option<(&str, isize, Vec<GoParam>)> = None;
        while let Some(entry) = entries.next_dfs().ok()? {
            self.count(entry)?;
            if let Some((_, depth, params)) = open.as_mut() {
                let is_param = entry.tag() == gimli::DW_TAG_formal_parameter;
                if is_param && entry.depth() == *depth + 1 && params.len() < MAX_PARAMS {
                    params.push(self.param(unit, entry)?);
                    continue;
                }
                add_params(open.take(), found);
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
        add_params(open, found);
        Some(())
    }

    /// Reads a parameter; `None` if it exceeds the budget.
    fn param(&self, unit: &UnitHeader<Slice<'a>>, entry: &Entry<'a>) -> Option<GoParam> {
        let ty = entry.attr_value(gimli::DW_AT_type);
        let ty = ty.and_then(|value| self.param_type(referenced_entry(unit, value)?));
        let name = self.string(entry, gimli::DW_AT_name).unwrap_or("_");
        let (type_name, ty) = ty.unwrap_or_else(|| ("?".to_owned(), ParamType::Other));
        self.budget
            .take_bytes(BYTES_PER_PARAM + 2 * (name.len() + type_name.len()))?;
        Some(GoParam {
            name: name.to_owned(),
            type_name,
            ty,
        })
    }

    /// The name of the type whose entry is at `offset`, and the type.
    fn param_type(&self, offset: DebugInfoOffset) -> Option<(String, ParamType)> {
        let entry = self.type_entry(offset)?;
        if entry.tag == gimli::DW_TAG_pointer_type {
            let to = entry
                .target
                .and_then(|offset| self.type_entry(offset)?.name);
            let name = to.map_or("unsafe.Pointer".to_owned(), |to| {
                format!("*{}", type_name(to))
            });
            return Some((name, ParamType::Pointer));
        }
        let name = type_name(entry.name?);
        let underlying = self.underlying(entry)?;
        let ty = match ParamType::named(underlying.name.unwrap_or_default()) {
            _ if underlying.tag == gimli::DW_TAG_pointer_type => ParamType::Pointer,
            ParamType::OtherSlice => {
                let element = self.slice_element(underlying.offset);
                let element = element.map(|element| ParamType::Go(GoType::Slice(element)));
                element.unwrap_or(ParamType::OtherSlice)
            }
            ty => ty,
        };
        Some((name, ty))
    }

    /// Follows definitions to the type that they name, or to a predeclared type.
    fn underlying(&self, mut entry: TypeEntry<'a>) -> Option<TypeEntry<'a>> {
        for _ in 0..MAX_TYPEDEFS {
            let is_known = ParamType::named(entry.name.unwrap_or_default()) != ParamType::Other;
            match (entry.tag, entry.target) {
                (gimli::DW_TAG_typedef, Some(offset)) if !is_known => {
                    entry = self.type_entry(offset)?;
                }
                _ => return Some(entry),
            }
        }
        None
    }

    /// The type of a slice's elements, to which its first member points, if their values can be written. The name of the
    /// slice does not have it where the elements are of a defined type.
    fn slice_element(&self, slice: DebugInfoOffset) -> Option<Element> {
        let (unit, offset) = self.unit_of(slice)?;
        let abbreviations = self.abbreviations(unit)?;
        let mut entries = unit.entries_at_offset(&abbreviations, offset).ok()?;
        entries.next_dfs().ok()?;
        let member = entries.next_dfs().ok()??;
        self.count(member)?;
        if member.tag() != gimli::DW_TAG_member {
            return None;
        }
        let pointer = referenced_entry(unit, member.attr_value(gimli::DW_AT_type)?)?;
        let element = self.type_entry(self.type_entry(pointer)?.target?)?;
        Element::named(self.underlying(element)?.name?)
    }

    fn type_entry(&self, of: DebugInfoOffset) -> Option<TypeEntry<'a>> {
        let (unit, offset) = self.unit_of(of)?;
        let abbreviations = self.abbreviations(unit)?;
        let entry = unit.entry(&abbreviations, offset).ok()?;
        self.count(&entry)?;
        let target = entry.attr_value(gimli::DW_AT_type);
        Some(TypeEntry {
            offset: of,
            tag: entry.tag(),
            name: self.string(&entry, gimli::DW_AT_name),
            target: target.and_then(|value| referenced_entry(unit, value)),
        })
    }
}

/// Adds a function's parameters. An inlined function has a second entry, which may have fewer of them.
fn add_params(read: Option<(&str, isize, Vec<GoParam>)>, found: &mut HashMap<String, Signature>) {
    let Some((function, _, params)) = read else {
        return;
    };
    let nothing = Signature { params: Vec::new() };
    let known = found.entry(function.to_owned()).or_insert(nothing);
    if params.len() > known.params.len() {
        known.params = params;
    }
}

/// The entry of a type.
struct TypeEntry<'a> {
    offset: DebugInfoOffset,
    tag: gimli::DwTag,
    name: Option<&'a str>,
    /// The type that a definition refers to, or that a pointer points to.
    target: Option<DebugInfoOffset>,
}

/// A type's name in Go, without the package `main`.
fn type_name(name: &str) -> String {
    let named = name.trim_start_matches(['[', ']', '*']);
    let composition = &name[..name.len() - named.len()];
    let named = named.strip_prefix("main.").unwrap_or(named);
    format!("{composition}{named}")
}

#[cfg(test)]
mod tests {
    use super::signatures;
    use crate::go_types::{Element, GoType, Scalar};
    use crate::module::dwarf::variables;
    use crate::module::go_signature::ParamType;
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
            ("l", "[]main.name"),
        ],
    };

    #[test]
    fn parameters_are_read() {
        let module = debug_info::add(EMPTY, "TinyGo", &[FUNCTION]);
        let found = signatures(&module, &["add", "sub"]);
        let signatures: Vec<_> = found
            .iter()
            .map(|(name, s)| format!("{name}({s})"))
            .collect();
        let types = found["add"].params.iter().map(|param| param.ty);
        let scalar = |name| Scalar::named(name).map(GoType::Scalar);
        let slice = |name| Element::named(name).map(GoType::Slice);
        let expected = [
            scalar("uint32"),
            scalar("float64"),
            None,
            slice("byte"),
            slice("float64"),
        ];
        let expected = expected.map(|ty| ty.map_or(ParamType::Pointer, ParamType::Go));
        assert!(types.eq(expected));
        assert_eq!(
            signatures,
            ["add(x uint32, s name, p *uint8, b []byte, l []name)"]
        );
    }

    /// Changes each byte of the debug information, truncates it there, and replaces the rest with noise.
    #[test]
    fn malformed_parts_are_skipped() {
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
                    variables(&module);
                }
            }
        }
    }
}
