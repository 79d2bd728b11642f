//! A flame graph: an SVG to be looked at in a browser, where it can be searched and zoomed.

use super::folded;
use crate::insight::Profile;
use inferno::flamegraph::{self, Options};
use std::io;

/// Draws a profile.
///
/// # Errors
///
/// Where there is nothing to draw.
pub(super) fn draw(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut options = Options::default();
    options.title = module.to_owned();
    options.count_name = "units of work".to_owned();
    // Colours by the functions' names, so that the same run gives the same picture.
    options.hash = true;
    let lines = folded::lines(profile);
    let lines = lines.iter().map(|line| line.trim_end());
    let mut picture = Vec::new();
    flamegraph::from_lines(&mut options, lines, &mut picture)?;
    Ok(picture)
}
