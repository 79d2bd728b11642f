//! Names of functions and globals, from the name section. It is looked for only when a name is asked for.

use wasmparser::{KnownCustom, Name, NameMap, Parser, Payload};

/// The functions that the name section names, by their indices. A section that is damaged names as
/// many as can be read.
pub(super) fn function_names(wasm: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    names(wasm, |names| match names {
        Name::Function(names) => Some(names),
        _ => None,
    })
}

/// The globals that it names.
pub(super) fn global_names(wasm: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    names(wasm, |names| match names {
        Name::Global(names) => Some(names),
        _ => None,
    })
}

/// The longest name that is shown whole, in bytes: a program's own are shorter, and one may be shown for
/// many frames or calls.
const MAX_NAME_BYTES: usize = 1_000;

/// A name, cut where it is too long.
pub fn cut_name(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The names of a kind, with the indices of what they name.
fn names<'a>(
    wasm: &'a [u8],
    of: impl Fn(Name<'a>) -> Option<NameMap<'a>>,
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
        .find_map(of);
    let named = named.into_iter().flatten().map_while(Result::ok);
    named.map(|naming| (naming.index, cut_name(naming.name)))
}
