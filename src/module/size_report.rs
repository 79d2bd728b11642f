//! Measures the sizes of a module's sections, functions and Go packages.

use super::Module;
use std::collections::HashMap;
use std::sync::Arc;
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

/// The name for functions without a package.
const OTHER_PACKAGE: &str = "(other)";

impl ModuleSizes {
    /// Measures a module. `name` returns the Go name of the function with an index.
    ///
    /// # Errors
    ///
    /// If the module is malformed.
    pub fn measure(
        module: &Module,
        name: impl Fn(u32) -> Option<Arc<str>>,
    ) -> Result<Self, BinaryReaderError> {
        let wasm = &module.wasm;
        let ParsedSizes {
            sections,
            imported_functions,
            bodies,
        } = parse(wasm)?;
        let name = |at: usize| {
            let index = imported_functions.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            name(index).map_or_else(|| format!("function {index}"), |name| name.to_string())
        };
        let mut packages: HashMap<String, usize> = HashMap::new();
        for (at, size) in bodies.iter().enumerate() {
            let name = name(at);
            let package = go_package(&name).unwrap_or(OTHER_PACKAGE);
            *packages.entry(package.to_owned()).or_default() += size;
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

/// The import path of the package in a Go name: `fmt` in `fmt.(*pp).doPrintf`, `a.b/c` in `a.b/c.Sort[d/e.T]`; `None` for
/// functions without a package.
pub fn go_package(name: &str) -> Option<&str> {
    // Receivers and type arguments may have packages of their own.
    let end = name.find(['(', '[', '{']).unwrap_or(name.len());
    let function = &name[..end];
    // The package ends at the first dot after the last slash. Earlier dots belong to the path.
    let from = function.rfind('/').map_or(0, |slash| slash + 1);
    let length = function[from..].find('.').filter(|length| *length > 0)?;
    let package = &function[..from + length];
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
    package.chars().all(is_path).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::{OTHER_PACKAGE, go_package};

    #[test]
    fn package_is_read_from_the_function_name() {
        for (function, expected) in [
            ("main.main", "main"),
            ("fmt.(*pp).doPrintf", "fmt"),
            ("fmt.pp.doPrintf", "fmt"),
            ("internal/fmtsort.Sort", "internal/fmtsort"),
            ("internal/task.(*Queue).Push", "internal/task"),
            ("github.com/a/b.c.Do", "github.com/a/b"),
            ("slices.Sort[github.com/a/b.C]", "slices"),
            ("a.b/c.F[go.shape.struct { d/e.T }].func1", "a.b/c"),
            ("main.add-wasmexport", "main"),
            ("runtime.run.func1", "runtime"),
            ("interface{Read}.Read", "(other)"),
            ("type:.eq.main.T", "(other)"),
            ("malloc", "(other)"),
            ("__wasm_call_ctors", "(other)"),
            ("function 7", "(other)"),
            ("", "(other)"),
            (".", "(other)"),
        ] {
            let package = go_package(function).unwrap_or(OTHER_PACKAGE);
            assert_eq!(package, expected, "{function}");
        }
    }
}
