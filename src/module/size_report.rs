//! Measures the sizes of a module's sections, functions and Go packages.

use super::{ExternType, Module, names};
use std::collections::HashMap;
use wasmparser::{BinaryReaderError, Chunk, Parser, Payload};

/// The sizes of the parts of a module, in bytes.
#[derive(Debug, Default)]
pub struct ModuleSizes {
    /// The size of the whole module.
    pub total: usize,
    /// The content of each section, in order. A custom section has its own name.
    pub sections: Vec<(String, usize)>,
    /// The function bodies of each package, the largest first; `(other)` for functions without a package.
    pub packages: Vec<(String, usize)>,
    /// The bodies of the largest functions, with a name or else an index.
    pub functions: Vec<(String, usize)>,
}

/// The maximum number of functions that are listed.
const MAX_FUNCTIONS: usize = 10;

impl ModuleSizes {
    /// Measures a module.
    ///
    /// # Errors
    ///
    /// If the module is malformed.
    pub fn measure(module: &Module) -> Result<Self, BinaryReaderError> {
        let wasm = &module.wasm;
        let ParsedSizes {
            sections,
            imported_functions,
            bodies,
        } = parse(wasm)?;
        let exports = module.interface.exports.iter();
        let functions = exports.filter(|export| matches!(export.ty, ExternType::Func(_)));
        let exported = functions.map(|export| (export.index, export.name.as_str()));
        // The name section takes precedence over export names.
        let names: HashMap<u32, &str> = exported.chain(names::function_names(wasm)).collect();
        let name = |at: usize| {
            let index = imported_functions.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            names
                .get(&index)
                .map_or_else(|| format!("function {index}"), |name| (*name).to_owned())
        };
        let mut packages: HashMap<String, usize> = HashMap::new();
        for (at, size) in bodies.iter().enumerate() {
            *packages.entry(package(&name(at)).to_owned()).or_default() += size;
        }
        let mut functions: Vec<_> = bodies.iter().copied().enumerate().collect();
        functions.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        functions.truncate(MAX_FUNCTIONS);
        Ok(Self {
            total: wasm.len(),
            sections,
            packages: largest_first(packages.into_iter().collect()),
            functions: functions
                .into_iter()
                .map(|(at, size)| (name(at), size))
                .collect(),
        })
    }

    /// The total size of the sections whose names start with `prefix`.
    pub fn sections_with_prefix(&self, prefix: &str) -> usize {
        let sections = self
            .sections
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        sections.map(|(_, size)| size).sum()
    }
}

fn largest_first(mut items: Vec<(String, usize)>) -> Vec<(String, usize)> {
    items.sort_by(|(a, a_size), (b, b_size)| b_size.cmp(a_size).then_with(|| a.cmp(b)));
    items
}

/// The sizes in the binary format.
#[derive(Default)]
struct ParsedSizes {
    sections: Vec<(String, usize)>,
    imported_functions: u32,
    bodies: Vec<usize>,
}

fn parse(wasm: &[u8]) -> Result<ParsedSizes, BinaryReaderError> {
    let mut sizes = ParsedSizes::default();
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
            return Ok(sizes);
        };
        rest = &rest[consumed..];
        match &payload {
            Payload::End(_) => return Ok(sizes),
            Payload::Version { .. } => {}
            Payload::CodeSectionEntry(body) => sizes.bodies.push(body.range().len()),
            Payload::CustomSection(section) => {
                let name = section.name().to_owned();
                sizes.sections.push((name, section.range().len()));
            }
            other => {
                if let Payload::ImportSection(imports) = other {
                    for import in imports.clone() {
                        let is_func = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                        sizes.imported_functions += u32::from(is_func);
                    }
                }
                if let Some((id, range)) = other.as_section() {
                    sizes
                        .sections
                        .push((section_name(id).to_owned(), range.len()));
                }
            }
        }
    }
}

fn section_name(id: u8) -> &'static str {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    NAMES.get(usize::from(id)).copied().unwrap_or("unknown")
}

/// The Go package in a function's name: `fmt` in `(*fmt.pp).doPrintf`, `internal/fmtsort` in `internal/fmtsort.Sort`.
fn package(name: &str) -> &str {
    const OTHER: &str = "(other)";
    let bare = name.trim_start_matches(['(', '*']);
    // The package ends at the first dot after the last slash. Earlier dots belong to the path.
    let last_slash = bare
        .rfind('/')
        .filter(|slash| !bare[..*slash].contains(['(', '[', '{', ':', ' ']));
    let from = last_slash.map_or(0, |slash| slash + 1);
    match bare[from..].find('.') {
        Some(0) | None => OTHER,
        Some(length) => {
            let package = &bare[..from + length];
            let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
            if package.chars().all(is_path) {
                package
            } else {
                OTHER
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn package_is_read_from_the_function_name() {
        for (function, expected) in [
            ("main.main", "main"),
            ("(*fmt.pp).doPrintf", "fmt"),
            ("internal/fmtsort.Sort", "internal/fmtsort"),
            ("(*internal/task.Queue).Push", "internal/task"),
            ("github.com/a/b.c.Do", "github.com/a/b"),
            ("main.add#wasmexport", "main"),
            ("runtime.run$1", "runtime"),
            ("malloc", "(other)"),
            ("__wasm_call_ctors", "(other)"),
            ("function 7", "(other)"),
            ("", "(other)"),
            (".", "(other)"),
        ] {
            assert_eq!(package(function), expected, "{function}");
        }
    }
}
