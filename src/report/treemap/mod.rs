//! Draws the sizes in a module as a treemap: an SVG file in which the area of each part is in proportion to its size.
//! The file has no scripts and needs no other files.
//!
//! A large module has many thousand functions. Those that are too small to be seen are drawn as one tile, which also
//! bounds the size of the file.

mod label;
mod svg;

use crate::module::{PartKind, SizeNode};
use crate::report::inspection::grouped;
use std::borrow::Cow;
use streemap::Rect;
use svg::{Svg, TileStyle};

/// The size of the drawing and its margin, in pixels.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 800.0;
const MARGIN: f64 = 8.0;

/// The height of the title and the legend.
const LEGEND_HEIGHT: f64 = 56.0;

/// The minimum area of a tile, in square pixels. At most one tile of a group is smaller.
const MIN_AREA: f64 = 80.0;

/// The minimum width and height of a group whose parts are drawn.
const MIN_GROUP_WIDTH: f64 = 36.0;
const MIN_GROUP_HEIGHT: f64 = 40.0;

/// The height of a group's header, and the space around its parts.
const HEADER_HEIGHT: f64 = 17.0;
const PADDING: f64 = 2.0;

/// Draws the parts of a module.
pub fn draw(root: &SizeNode, module: &str) -> Vec<u8> {
    let mut svg = Svg::new(root, module);
    let area = Rect {
        x: MARGIN,
        y: LEGEND_HEIGHT,
        w: WIDTH - 2.0 * MARGIN,
        h: HEIGHT - LEGEND_HEIGHT - MARGIN,
    };
    draw_parts(&root.name, &root.parts, area, &mut svg);
    svg.finish()
}

/// A rectangle with a name.
struct Tile<'a> {
    name: Cow<'a, str>,
    label: Cow<'a, str>,
    /// A shorter label, for a tile that is too narrow.
    short_label: Cow<'a, str>,
    bytes: usize,
    kind: Option<PartKind>,
    parts: &'a [SizeNode],
    rect: Rect<f64>,
}

impl<'a> Tile<'a> {
    fn new(node: &'a SizeNode) -> Self {
        Self {
            name: node.name.as_str().into(),
            label: node.label().into(),
            short_label: label::without_receiver(node.label()).into(),
            bytes: node.bytes,
            kind: node.kind,
            parts: &node.parts,
            rect: Rect::from_size(0.0, 0.0),
        }
    }

    /// The tile for the parts of a group that are too small.
    fn rest(nodes: &[SizeNode], group: &str) -> Self {
        let items: usize = nodes.iter().map(|node| node.items).sum();
        let items = grouped(items);
        let noun = if nodes.iter().all(is_code) {
            "functions"
        } else {
            "parts"
        };
        let label = format!("{items} more {noun}");
        let kind = nodes.first().and_then(|node| node.kind);
        Self {
            name: format!("{label} in {group}").into(),
            label: label.into(),
            short_label: format!("+{items}").into(),
            bytes: nodes.iter().map(|node| node.bytes).sum(),
            kind: kind.filter(|_| nodes.iter().all(|node| node.kind == kind)),
            parts: &[],
            rect: Rect::from_size(0.0, 0.0),
        }
    }

    /// The area for the parts; `None` if they are not drawn.
    fn inner(&self) -> Option<Rect<f64>> {
        let Rect { x, y, w, h } = self.rect;
        let is_drawn = !self.parts.is_empty() && w >= MIN_GROUP_WIDTH && h >= MIN_GROUP_HEIGHT;
        is_drawn.then_some(Rect {
            x: x + PADDING,
            y: y + HEADER_HEIGHT,
            w: w - 2.0 * PADDING,
            h: h - HEADER_HEIGHT - PADDING,
        })
    }
}

fn is_code(node: &SizeNode) -> bool {
    match node.kind {
        Some(PartKind::Program | PartKind::StandardLibrary) => true,
        Some(PartKind::Runtime | PartKind::OtherCode) => true,
        Some(PartKind::Data | PartKind::DebugInfo | PartKind::OtherSections) => false,
        None => node.parts.iter().all(is_code),
    }
}

fn draw_parts(group: &str, parts: &[SizeNode], area: Rect<f64>, svg: &mut Svg) {
    for tile in tiles(group, parts, area) {
        match tile.inner() {
            Some(inner) => {
                svg.tile(&tile, TileStyle::Group);
                draw_parts(&tile.name, tile.parts, inner, svg);
            }
            None => svg.tile(&tile, TileStyle::Item),
        }
    }
}

/// Arranges the parts of a group. The parts are sorted by size.
fn tiles<'a>(group: &str, parts: &'a [SizeNode], area: Rect<f64>) -> Vec<Tile<'a>> {
    let total: usize = parts.iter().map(|part| part.bytes).sum();
    let min_bytes = total as f64 * MIN_AREA / (area.w * area.h);
    let large = parts.partition_point(|part| part.bytes as f64 >= min_bytes);
    let (large, small) = parts.split_at(large);
    let mut tiles: Vec<_> = large.iter().map(Tile::new).collect();
    match small {
        [] => {}
        [only] => tiles.push(Tile::new(only)),
        small => tiles.push(Tile::rest(small, group)),
    }
    tiles.sort_by_key(|tile| std::cmp::Reverse(tile.bytes));
    streemap::squarify(
        area,
        &mut tiles,
        |tile| tile.bytes as f64,
        |tile, rect| tile.rect = rect,
    );
    tiles
}
