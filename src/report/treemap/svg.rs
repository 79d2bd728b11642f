//! Writes the elements of the drawing. Colors follow the light or dark theme of the page that shows it.

use super::{HEADER, HEIGHT, MARGIN, Tile, WIDTH, label};
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

/// The label of a tile, and its size if there is room.
fn labels(tile: &Tile<'_>, style: TileStyle) -> String {
    let Rect { x, y, w, h } = tile.rect;
    let available = w - 2.0 * LABEL_MARGIN;
    let size = Size(tile.bytes as u64).to_string();
    let mut text = String::new();
    let mut add = |content: &str, baseline: f64| {
        let (x, y, content) = (x + LABEL_MARGIN, y + baseline, xml::escaped(content));
        // Writing to a string does not fail.
        let _ = write!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\">{content}</text>");
    };
    if style == TileStyle::Group {
        let whole = format!("{} {size}", tile.label);
        let is_wide = label::width(&whole, FONT) <= available;
        let label = if is_wide { &whole } else { &*tile.label };
        if let Some(label) = label::fit(label, FONT, available) {
            add(&label, HEADER - 5.0);
        }
        return text;
    }
    let label = label::fit_either(&tile.label, &tile.short_label, FONT, available);
    if let Some(label) = label.filter(|_| h >= MIN_LABEL_HEIGHT) {
        add(&label, 12.0);
        if h >= MIN_SIZE_HEIGHT && label::width(&size, FONT) <= available {
            add(&size, 26.0);
        }
    }
    text
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
