//! Encodes profiles in the requested format.

mod flame;
mod folded;
mod pprof;

use crate::insight::{Frame, Origin, Profile};
use std::io;

/// The format of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFormat {
    /// Folded stacks, as text.
    Folded,
    /// A flame graph, as SVG.
    Flame,
    /// The format of `go tool pprof`.
    Pprof,
}

/// Encodes a profile of a module.
///
/// # Errors
///
/// If a library fails to draw or compress the profile.
pub fn encode(profile: &Profile, module: &str, format: ProfileFormat) -> io::Result<Vec<u8>> {
    match format {
        ProfileFormat::Folded => {
            let lines = folded::lines(profile, folded::MAX_BYTES);
            Ok(lines.concat().into_bytes())
        }
        ProfileFormat::Flame => flame::draw(profile, module),
        ProfileFormat::Pprof => pprof::encode(profile, module),
    }
}

/// The frames without wrappers, or all frames if there are only wrappers.
fn without_wrappers(frames: &[Frame]) -> impl DoubleEndedIterator<Item = &Frame> {
    let is_wrapper = |frame: &Frame| matches!(frame.origin, Origin::Wrapper | Origin::GoStatement);
    let has_only_wrappers = frames.iter().all(is_wrapper);
    frames
        .iter()
        .filter(move |frame| has_only_wrappers || !is_wrapper(frame))
}
