//! A flame graph: an SVG to be looked at in a browser, where it can be searched and zoomed.

use super::folded;
use crate::insight::Profile;
use inferno::flamegraph::{self, Options};
use std::io;

/// How many bytes of folded stacks are drawn. A picture has about ten times as much, and a browser is slow
/// with more.
const MAX_BYTES: usize = 4 << 20;

/// Draws a profile.
///
/// # Errors
///
/// Where there is nothing to draw.
pub(super) fn draw(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut options = Options::default();
    options.title = sayable(module);
    options.count_name = "units of work".to_owned();
    // Colours by the functions' names, so that the same run gives the same picture.
    options.hash = true;
    let lines = folded::lines(profile, MAX_BYTES);
    let lines: Vec<_> = lines.iter().map(|line| sayable(line.trim_end())).collect();
    let lines = lines.iter().map(String::as_str);
    let mut picture = Vec::new();
    flamegraph::from_lines(&mut options, lines, &mut picture)?;
    Ok(picture)
}

/// A text without the characters that XML cannot say.
fn sayable(text: &str) -> String {
    let is_unsayable = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_unsayable, "\u{fffd}")
}
