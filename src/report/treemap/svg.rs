//! Writes the elements of the drawing. Colors follow the light or dark theme of the page that shows it.

use super::{HEADER_HEIGHT, HEIGHT, MARGIN, Tile, WIDTH, label};
use crate::module::{PartKind, SizeNode};
use crate::report::inspection::grouped;
use crate::report::xml;
use crate::size::Size;
use std::fmt::Write;
use streemap::Rect;

/// The kinds in the order of the legend, with their names.
const KINDS: [(PartKind, &str); 7] = [
    (PartKind::Program, "program"),
    (PartKind::StandardLibrary, "standard library"),
    (PartKind::Runtime, "runtime"),
    (PartKind::OtherCode, "other code"),
    (PartKind::Data, "data"),
    (PartKind::DebugInfo, "debug information and names"),
    (PartKind::OtherSections, "other"),
];

const STYLE: &str = include_str!("style.css");

/// The sizes of the fonts, in pixels.
const TITLE_FONT: f64 = 16.0;
const FONT: f64 = 12.0;

/// The space on both sides of a label.
const LABEL_MARGIN: f64 = 3.0;

/// The minimum height of a tile with a label, and of one with its size below.
const MIN_LABEL_HEIGHT: f64 = 15.0;
const MIN_SIZE_HEIGHT: f64 = 31.0;

/// The minimum ratio of height and width of a tile whose label is from top to bottom.
const MIN_ASPECT: f64 = 2.0;

/// How a tile is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TileStyle {
    /// With a header, around other tiles.
    Group,
    /// With a label.
    Item,
}

/// A drawing.
pub(super) struct Svg {
    text: String,
    /// The size of the module.
    total: usize,
}

impl Svg {
    /// Starts the drawing with a title and a legend.
    pub(super) fn new(root: &SizeNode, module: &str) -> Self {
        let mut svg = Self {
            text: String::new(),
            total: root.bytes,
        };
        svg.line(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"Helvetica, Arial, sans-serif\" \
             font-size=\"{FONT}\">\n<style>\n{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\"/>"
        ));
        let title = format!("{module}: {} bytes", grouped(root.bytes));
        if let Some(title) = label::fit(&title, TITLE_FONT, WIDTH - 2.0 * MARGIN) {
            let title = xml::escaped(&title);
            svg.line(format_args!(
                "<text x=\"{MARGIN}\" y=\"22\" font-size=\"{TITLE_FONT}\">{title}</text>"
            ));
        }
        svg.legend(root);
        svg
    }

    fn legend(&mut self, root: &SizeNode) {
        const Y: f64 = 44.0;
        const SWATCH: f64 = 11.0;
        let mut x = MARGIN;
        for (kind, name) in KINDS {
            let bytes = bytes_of_kind(root, kind);
            if bytes == 0 {
                continue;
            }
            let text = format!("{name} {}", self.percent(bytes));
            let (class, top, text_x) = (class(Some(kind)), Y - 10.0, x + SWATCH + 4.0);
            self.line(format_args!(
                "<g class=\"{class}\"><rect x=\"{x:.1}\" y=\"{top}\" width=\"{SWATCH}\" height=\"{SWATCH}\"/>\
                 <text x=\"{text_x:.1}\" y=\"{Y}\">{text}</text></g>"
            ));
            x = text_x + label::width(&text, FONT) + 14.0;
        }
    }

    /// Draws a tile, with its name and size as the text on hover.
    pub(super) fn tile(&mut self, tile: &Tile<'_>, style: TileStyle) {
        let class = class(tile.kind);
        let style_class = match style {
            TileStyle::Group => "group ",
            TileStyle::Item => "",
        };
        let (name, bytes) = (xml::escaped(&tile.name), grouped(tile.bytes));
        let percent = self.percent(tile.bytes);
        let Rect { x, y, w, h } = tile.rect;
        let labels = labels(tile, style);
        self.line(format_args!(
            "<g class=\"{style_class}{class}\"><title>{name}: {bytes} bytes, {percent}</title>\
             <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>{labels}</g>"
        ));
    }

    /// The finished file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.text.push_str("</svg>\n");
        self.text.into_bytes()
    }

    fn percent(&self, bytes: usize) -> String {
        let percent = bytes as f64 * 100.0 / self.total.max(1) as f64;
        if percent < 0.1 {
            "less than 0.1 %".to_owned()
        } else {
            format!("{percent:.1} %")
        }
    }

    fn line(&mut self, content: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{content}");
    }
}

fn labels(tile: &Tile<'_>, style: TileStyle) -> String {
    match style {
        TileStyle::Group => header(tile),
        TileStyle::Item => label_across(tile)
            .or_else(|| label_down(tile))
            .unwrap_or_default(),
    }
}

/// The name of a group, and its size if there is room.
fn header(tile: &Tile<'_>) -> String {
    let available = tile.rect.w - 2.0 * LABEL_MARGIN;
    let label = label::fit_either(&label_and_size(tile), &tile.label, FONT, available);
    label.map_or_else(String::new, |label| text(tile, HEADER_HEIGHT - 5.0, &label))
}

/// The label of a tile, and its size below if there is room.
fn label_across(tile: &Tile<'_>) -> Option<String> {
    let Rect { w, h, .. } = tile.rect;
    let available = w - 2.0 * LABEL_MARGIN;
    let label = label::fit_either(&tile.label, &tile.short_label, FONT, available)?;
    if h < MIN_LABEL_HEIGHT {
        return None;
    }
    let mut labels = text(tile, 12.0, &label);
    let size = size(tile);
    if h >= MIN_SIZE_HEIGHT && label::width(&size, FONT) <= available {
        labels.push_str(&text(tile, 26.0, &size));
    }
    Some(labels)
}

/// The label of a high and narrow tile, from top to bottom.
fn label_down(tile: &Tile<'_>) -> Option<String> {
    let Rect { x, y, w, h } = tile.rect;
    if w < MIN_LABEL_HEIGHT || h < MIN_ASPECT * w {
        return None;
    }
    let available = h - 2.0 * LABEL_MARGIN;
    let label = label::fit_either(&label_and_size(tile), &tile.short_label, FONT, available)?;
    let (x, y, label) = (x + w / 2.0 - 4.0, y + LABEL_MARGIN, xml::escaped(&label));
    Some(format!(
        "<text transform=\"translate({x:.1} {y:.1}) rotate(90)\">{label}</text>"
    ))
}

fn label_and_size(tile: &Tile<'_>) -> String {
    format!("{} {}", tile.label, size(tile))
}

fn size(tile: &Tile<'_>) -> String {
    Size(tile.bytes as u64).to_string()
}

/// A line of text in a tile, with its baseline at a distance from the top.
fn text(tile: &Tile<'_>, baseline: f64, content: &str) -> String {
    let (x, y) = (tile.rect.x + LABEL_MARGIN, tile.rect.y + baseline);
    let content = xml::escaped(content);
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\">{content}</text>")
}

fn bytes_of_kind(node: &SizeNode, kind: PartKind) -> usize {
    match node.kind {
        Some(own) if own == kind => node.bytes,
        Some(_) => 0,
        None => node
            .parts
            .iter()
            .map(|part| bytes_of_kind(part, kind))
            .sum(),
    }
}

/// The class in the style sheet.
fn class(kind: Option<PartKind>) -> &'static str {
    match kind {
        Some(PartKind::Program) => "program",
        Some(PartKind::StandardLibrary) => "library",
        Some(PartKind::Runtime) => "runtime",
        Some(PartKind::OtherCode) => "code",
        Some(PartKind::Data) => "data",
        Some(PartKind::DebugInfo) => "debug",
        Some(PartKind::OtherSections) => "other",
        None => "mixed",
    }
}
