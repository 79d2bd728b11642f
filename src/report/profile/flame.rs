//! Flame graphs: SVG files that a browser can search and zoom.

use super::folded;
use crate::insight::Profile;
use inferno::flamegraph::{self, Options};
use std::io;

/// The maximum size of the folded stacks. The SVG is about ten times as large, and browsers are slow with larger ones.
const MAX_BYTES: usize = 4 << 20;

/// Draws a profile as a flame graph.
///
/// # Errors
///
/// If the profile has no stacks.
pub(super) fn draw(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut options = Options::default();
    options.title = xml_text(module);
    options.count_name = "units of work".to_owned();
    // Choose colours by hashes of the names, so that the same run always has the same SVG.
    options.hash = true;
    let lines = folded::lines(profile, MAX_BYTES);
    let lines: Vec<_> = lines.iter().map(|line| xml_text(line.trim_end())).collect();
    let lines = lines.iter().map(String::as_str);
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines, &mut svg)?;
    Ok(svg)
}

/// Replaces the characters that XML does not allow: <https://www.w3.org/TR/xml/#charsets>.
fn xml_text(text: &str) -> String {
    let is_not_allowed = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_not_allowed, "\u{fffd}")
}
