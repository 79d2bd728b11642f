//! The bytes of a module as a tree: functions and variables in packages, packages in packages, sections.

use super::NO_PACKAGE;
use super::data;
use super::parts::{MeasuredSection, Parts};
use crate::module::data_symbols::{DataSymbol, data_symbols};
use crate::module::go_package::{self, PackageOrigin};
use crate::module::sections::{CODE, CUSTOM, DATA};
use crate::module::{Module, cut_name};
use std::sync::Arc;
use wasmparser::BinaryReaderError;

/// A part of a module and its parts. The sizes of the parts add up to its size.
#[derive(Debug)]
pub struct SizeNode {
    /// The whole name, such as `encoding/json` or `encoding/json.(*decodeState).object`.
    pub name: String,
    /// The start of the part of the name that the parent's name does not have.
    label_start: usize,
    /// The size in bytes.
    pub bytes: usize,
    /// The kind; `None` if its parts are of several kinds.
    pub kind: Option<PartKind>,
    /// The number of functions, variables and sections.
    pub items: usize,
    /// The parts, the largest first.
    pub parts: Vec<SizeNode>,
}

/// The kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Functions of the program and of modules that it requires.
    Program,
    /// Functions of Go's standard library.
    StandardLibrary,
    /// Functions of Go's runtime.
    Runtime,
    /// Functions without a package.
    OtherCode,
    /// The initial content of memory.
    Data,
    /// Debug information and names, without which the program runs as well.
    DebugInfo,
    /// The other sections, and the headers of all parts.
    OtherSections,
}

/// A part without parts: a function, a variable or the rest of a segment.
pub(super) struct Item {
    pub(super) name: String,
    /// The import path of its package.
    pub(super) package: Option<String>,
    pub(super) bytes: usize,
}

/// The maximum number of elements of an import path that are levels of the tree.
const MAX_LEVELS: usize = 8;

impl SizeNode {
    /// Measures a module. `name` returns the Go name of the function with an index.
    ///
    /// # Errors
    ///
    /// If the module is malformed.
    pub fn measure(
        module: &Module,
        name: impl Fn(u32) -> Option<Arc<str>>,
    ) -> Result<Self, BinaryReaderError> {
        let parts = Parts::read(&module.wasm)?;
        let data = data(&parts, data_symbols(&module.wasm));
        let mut groups = vec![code(&parts, name), data];
        groups.extend(sections(&parts, module.wasm.len()));
        groups.retain(|group| group.bytes > 0);
        Ok(Self::group("module".to_owned(), groups))
    }

    /// The part of the name after that which the parent's name has as well.
    pub fn label(&self) -> &str {
        self.name.get(self.label_start..).unwrap_or(&self.name)
    }

    /// Returns true if it has no parts.
    pub fn is_item(&self) -> bool {
        self.parts.is_empty()
    }

    fn item(name: String, bytes: usize, kind: PartKind) -> Self {
        let name = match cut_name(&name).len() {
            length if length < name.len() => name[..length].to_owned() + "…",
            _ => name,
        };
        Self {
            name,
            label_start: 0,
            bytes,
            kind: Some(kind),
            items: 1,
            parts: Vec::new(),
        }
    }

    fn group(name: String, mut parts: Vec<Self>) -> Self {
        parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        let first = parts.first().and_then(|part| part.kind);
        Self {
            name,
            label_start: 0,
            bytes: parts.iter().map(|part| part.bytes).sum(),
            kind: first.filter(|_| parts.iter().all(|part| part.kind == first)),
            items: parts.iter().map(|part| part.items).sum(),
            parts,
        }
    }

    fn with_label_start(self, label_start: usize) -> Self {
        Self {
            label_start,
            ..self
        }
    }
}

fn code(parts: &Parts<'_>, name: impl Fn(u32) -> Option<Arc<str>>) -> SizeNode {
    let bodies = parts.bodies.iter().enumerate();
    let items = bodies.map(|(at, bytes)| {
        let name = parts.function_name(at, &name);
        Item {
            package: go_package::package(&name).map(go_package::unescaped),
            name: go_package::unescaped(&name),
            bytes: *bytes,
        }
    });
    let kind = |item: &Item| {
        let package = item.package.as_deref();
        match package.map(go_package::origin) {
            Some(PackageOrigin::Program) => PartKind::Program,
            Some(PackageOrigin::StandardLibrary) => PartKind::StandardLibrary,
            Some(PackageOrigin::Runtime) => PartKind::Runtime,
            None => PartKind::OtherCode,
        }
    };
    let bytes: usize = parts.bodies.iter().sum();
    let headers = parts.section_bytes(CODE).saturating_sub(bytes);
    let headers = SizeNode::item(
        "headers of functions".to_owned(),
        headers,
        PartKind::OtherSections,
    );
    SizeNode::group(
        "code".to_owned(),
        by_package(items.collect(), kind, headers),
    )
}

fn data(parts: &Parts<'_>, symbols: Vec<DataSymbol>) -> SizeNode {
    let items = data::items(&parts.segments, symbols);
    let bytes: usize = parts.segments.iter().map(|segment| segment.size).sum();
    let headers = parts.section_bytes(DATA).saturating_sub(bytes);
    let headers = SizeNode::item("headers of segments".to_owned(), headers, PartKind::Data);
    SizeNode::group(
        "data".to_owned(),
        by_package(items, |_| PartKind::Data, headers),
    )
}

/// The groups of all sections except code and data, in a module of `total` bytes.
fn sections(parts: &Parts<'_>, total: usize) -> [SizeNode; 2] {
    let is_debug_info = |section: &MeasuredSection<'_>| {
        section.id == CUSTOM && (section.name == "name" || section.name.starts_with(".debug_"))
    };
    let is_divided = |section: &&MeasuredSection<'_>| matches!(section.id, CODE | DATA);
    let others = parts.sections.iter().filter(|section| !is_divided(section));
    let (debug_info, mut others): (Vec<_>, Vec<_>) = others
        .map(|section| {
            let kind = match is_debug_info(section) {
                true => PartKind::DebugInfo,
                false => PartKind::OtherSections,
            };
            SizeNode::item(cut_name(section.name).to_owned(), section.size, kind)
        })
        .partition(|section| section.kind == Some(PartKind::DebugInfo));
    let contents: usize = parts.sections.iter().map(|section| section.size).sum();
    let headers = total.saturating_sub(contents);
    let headers = SizeNode::item(
        "headers of sections".to_owned(),
        headers,
        PartKind::OtherSections,
    );
    others.push(headers);
    others.retain(|section| section.bytes > 0);
    [
        SizeNode::group("debug information and names".to_owned(), debug_info),
        SizeNode::group("other sections".to_owned(), others),
    ]
}

/// Groups items by the elements of their packages' import paths. Items without a package have a group of their own if
/// there are packages.
fn by_package(
    mut items: Vec<Item>,
    kind: impl Fn(&Item) -> PartKind,
    headers: SizeNode,
) -> Vec<SizeNode> {
    items.retain(|item| item.bytes > 0);
    items.sort_by(|a, b| a.elements().cmp(b.elements()));
    let without_package = items.partition_point(|item| item.package.is_none());
    let (others, packaged) = items.split_at(without_package);
    let mut groups = level(packaged, 0, &kind);
    let others = level(others, 0, &kind);
    if groups.is_empty() {
        groups = others;
    } else if !others.is_empty() {
        groups.push(SizeNode::group(NO_PACKAGE.to_owned(), others));
    }
    groups.extend((headers.bytes > 0).then_some(headers));
    groups
}

impl Item {
    /// The elements of the import path. The last one may have several if the path is long.
    fn elements(&self) -> impl Iterator<Item = &str> {
        let package = self.package.iter();
        package.flat_map(|package| package.splitn(MAX_LEVELS, '/'))
    }

    fn element(&self, at: usize) -> Option<&str> {
        self.elements().nth(at)
    }

    /// The first elements of the import path.
    fn path(&self, elements: usize) -> &str {
        let package = self.package.as_deref().unwrap_or_default();
        let length: usize = self
            .elements()
            .take(elements)
            .map(|element| element.len() + 1)
            .sum();
        package.get(..length.saturating_sub(1)).unwrap_or(package)
    }
}

/// Groups sorted items by the element of their import path at `depth`. Items whose path is shorter are not grouped.
fn level(items: &[Item], depth: usize, kind: &impl Fn(&Item) -> PartKind) -> Vec<SizeNode> {
    let are_together =
        |a: &Item, b: &Item| a.element(depth).is_some() && a.element(depth) == b.element(depth);
    let chunks = items.chunk_by(are_together);
    let nodes = chunks.filter_map(|chunk| {
        let first = chunk.first()?;
        Some(match first.element(depth) {
            Some(_) => package_node(first.path(depth + 1), chunk, depth, kind),
            None => item_node(first, kind(first)),
        })
    });
    nodes.collect()
}

/// The package or the common start of import paths at `path`. If it has only one package in it, they are one node.
fn package_node(
    path: &str,
    items: &[Item],
    depth: usize,
    kind: &impl Fn(&Item) -> PartKind,
) -> SizeNode {
    let label_start = path.rfind('/').map_or(0, |slash| slash + 1);
    let node = match <[SizeNode; 1]>::try_from(level(items, depth + 1, kind)) {
        Ok([only]) if !only.is_item() => only,
        Ok([only]) => SizeNode::group(path.to_owned(), vec![only]),
        Err(parts) => SizeNode::group(path.to_owned(), parts),
    };
    node.with_label_start(label_start)
}

fn item_node(item: &Item, kind: PartKind) -> SizeNode {
    let package = item.package.as_deref().unwrap_or_default();
    let rest = item
        .name
        .strip_prefix(package)
        .and_then(|rest| rest.strip_prefix('.'));
    let label_start = rest
        .filter(|_| !package.is_empty())
        .map_or(0, |rest| item.name.len() - rest.len());
    SizeNode::item(item.name.clone(), item.bytes, kind).with_label_start(label_start)
}
