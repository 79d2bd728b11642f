//! What a module weighs: the bytes of each section, of each function, and of the Go packages that the
//! functions belong to.

use super::{ExternType, Module, names};
use std::collections::HashMap;
use wasmparser::{BinaryReaderError, Chunk, Parser, Payload};

/// What a module weighs, in bytes.
#[derive(Debug, Default)]
pub struct SizeReport {
    /// The whole module.
    pub total: usize,
    /// Its sections in order, custom ones by their own names; the header is not counted.
    pub sections: Vec<(String, usize)>,
    /// The bodies of its functions, by package; what no package can be read off for is `(other)`.
    pub packages: Vec<(String, usize)>,
    /// The largest functions, by name where there is one.
    pub functions: Vec<(String, usize)>,
}

/// How many of the largest functions are told.
const MOST_FUNCTIONS: usize = 10;

impl SizeReport {
    /// Weighs a module.
    ///
    /// # Errors
    ///
    /// Where it is malformed.
    pub fn of(module: &Module) -> Result<Self, BinaryReaderError> {
        let wasm = &module.wasm;
        let (sections, imported, bodies) = read(wasm)?;
        let exports = module.interface.exports.iter();
        let functions = exports.filter(|export| matches!(export.ty, ExternType::Func(_)));
        let exported = functions.map(|export| (export.index, export.name.as_str()));
        // A function's own name goes before the one that it is exported under.
        let names: HashMap<u32, &str> = exported.chain(names::function_names(wasm)).collect();
        let name = |at: usize| {
            let index = imported.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
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
        functions.truncate(MOST_FUNCTIONS);
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

    /// What all sections whose names begin so weigh together.
    pub fn of_sections(&self, beginning: &str) -> usize {
        let sections = self
            .sections
            .iter()
            .filter(|(name, _)| name.starts_with(beginning));
        sections.map(|(_, size)| size).sum()
    }
}

fn largest_first(mut items: Vec<(String, usize)>) -> Vec<(String, usize)> {
    items.sort_by(|(a, a_size), (b, b_size)| b_size.cmp(a_size).then_with(|| a.cmp(b)));
    items
}

/// The sections with their sizes, how many functions are imported, and the sizes of the others' bodies.
type Read = (Vec<(String, usize)>, u32, Vec<usize>);

fn read(wasm: &[u8]) -> Result<Read, BinaryReaderError> {
    let (mut sections, mut imported, mut bodies) = (Vec::new(), 0, Vec::new());
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
            return Ok((sections, imported, bodies));
        };
        rest = &rest[consumed..];
        match &payload {
            Payload::End(_) => return Ok((sections, imported, bodies)),
            Payload::Version { .. } => {}
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
            Payload::CustomSection(section) => {
                sections.push((section.name().to_owned(), section.range().len()));
            }
            other => {
                if let Payload::ImportSection(imports) = other {
                    for import in imports.clone() {
                        let is_func = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                        imported += u32::from(is_func);
                    }
                }
                if let Some((id, range)) = other.as_section() {
                    sections.push((section_name(id).to_owned(), range.len()));
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

/// The Go package of a function, by its name: `fmt` of `(*fmt.pp).doPrintf`, `internal/fmtsort` of
/// `internal/fmtsort.Sort`.
fn package(name: &str) -> &str {
    const OTHER: &str = "(other)";
    let bare = name.trim_start_matches(['(', '*']);
    // A path's dots stand before its last slash; the package's name ends at the first one behind.
    let base = bare
        .rfind('/')
        .filter(|slash| !bare[..*slash].contains(['(', '[', '{', ':', ' ']));
    let from = base.map_or(0, |slash| slash + 1);
    match bare[from..].find('.') {
        Some(0) | None => OTHER,
        Some(length) => {
            let package = &bare[..from + length];
            let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
            match package.chars().all(is_path) {
                true => package,
                false => OTHER,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn packages_are_read_off_names() {
        for (function, of) in [
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
            assert_eq!(package(function), of, "{function}");
        }
    }
}
