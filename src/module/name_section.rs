//! Names of functions, from the name section. It is looked for only when a name is asked for.

use wasmparser::{KnownCustom, Name, Parser, Payload};

/// The name that the name section gives to the function with this index. A section that is damaged
/// gives none.
pub(super) fn function_name(wasm: &[u8], index: u32) -> Option<String> {
    let section = Parser::new(0)
        .parse_all(wasm)
        .filter_map(Result::ok)
        .find_map(|payload| match payload {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => Some(names),
                _ => None,
            },
            _ => None,
        })?;
    let functions = section
        .filter_map(Result::ok)
        .find_map(|names| match names {
            Name::Function(names) => Some(names),
            _ => None,
        })?;
    functions
        .into_iter()
        .filter_map(Result::ok)
        .find(|naming| naming.index == index)
        .map(|naming| naming.name.to_owned())
}
