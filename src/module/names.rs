//! Reads the names of functions and globals from the name section. It is read only when a name is needed.

use wasmparser::{KnownCustom, Name, NameMap, Parser, Payload};

/// The indices and names of functions, which may be long. A malformed section is read as far as possible.
pub(super) fn function_names(wasm: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    names(wasm, |names| match names {
        Name::Function(names) => Some(names),
        _ => None,
    })
}

/// The indices and names of globals.
pub(super) fn global_names(wasm: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    names(wasm, |names| match names {
        Name::Global(names) => Some(names),
        _ => None,
    })
}

/// The maximum size of a name, in bytes. Names in real programs are shorter, and a long one could be printed for many
/// frames or calls.
const MAX_NAME_BYTES: usize = 1_000;

/// Truncates a name that is too long.
pub fn cut_name(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The indices and names in one map of the name section.
fn names<'a>(
    wasm: &'a [u8],
    select: impl Fn(Name<'a>) -> Option<NameMap<'a>>,
) -> impl Iterator<Item = (u32, &'a str)> {
    let section = Parser::new(0)
        .parse_all(wasm)
        .map_while(Result::ok)
        .find_map(|payload| match payload {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => Some(names),
                _ => None,
            },
            _ => None,
        });
    let named = section
        .into_iter()
        .flat_map(|section| section.map_while(Result::ok))
        .find_map(select);
    let named = named.into_iter().flatten().map_while(Result::ok);
    named.map(|naming| (naming.index, naming.name))
}
