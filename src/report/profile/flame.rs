//! Flame graphs: SVG files that a browser can search and zoom.

use super::folded;
use crate::insight::Profile;
use crate::report::xml;
use inferno::flamegraph::{self, Options};
use std::io;

/// The maximum size of the folded stacks. The SVG is about ten times as large, and browsers are slow with larger ones.
const MAX_BYTES: usize = 4 << 20;

/// What the numbers in the graph count.
const COUNT_NAME: &str = "units of work";

/// Draws a profile as a flame graph.
///
/// # Errors
///
/// If the profile has no stacks.
pub(super) fn draw(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut options = Options::default();
    options.title = xml::allowed(module);
    options.count_name = COUNT_NAME.to_owned();
    // Choose colours by hashes of the names, so that the same run always has the same SVG.
    options.hash = true;
    let lines = folded::lines(profile, MAX_BYTES);
    let lines: Vec<_> = lines
        .iter()
        .map(|line| xml::allowed(line.trim_end()))
        .collect();
    let lines = lines.iter().map(String::as_str);
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines, &mut svg)?;
    Ok(with_bottom_label(svg))
}

/// Labels the bottom frame, which otherwise has a label only after the script in the file has run.
fn with_bottom_label(svg: Vec<u8>) -> Vec<u8> {
    let Ok(mut svg) = String::from_utf8(svg) else {
        return Vec::new();
    };
    // Other frames have a percentage with decimals.
    let title = svg.find(&format!("{COUNT_NAME}, 100%)</title>"));
    let text = title.and_then(|title| Some(title + svg[title..].find("</text>")?));
    if let Some(end) = text {
        svg.insert_str(end, "all");
    }
    svg.into_bytes()
}
