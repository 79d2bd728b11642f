//! Names of functions, from the name section. It is looked for only when a name is asked for.

use wasmparser::{KnownCustom, Name, Parser, Payload};

/// The functions that the name section names, by their indices. A section that is damaged names as
/// many as can be read.
pub(super) fn function_names(wasm: &[u8]) -> impl Iterator<Item = (u32, &str)> {
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
    let functions = section
        .into_iter()
        .flat_map(|section| section.map_while(Result::ok))
        .find_map(|names| match names {
            Name::Function(names) => Some(names),
            _ => None,
        });
    let functions = functions.into_iter().flatten().map_while(Result::ok);
    functions.map(|naming| (naming.index, naming.name))
}
