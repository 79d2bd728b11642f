//! A profile in the form that its file's ending asks for.

mod flame;
mod folded;
mod pprof;

use crate::insight::{Frame, Origin, Profile};
use std::io;

/// The format of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFormat {
    /// A line for each stack.
    Folded,
    /// A flame graph.
    Flame,
    /// What `go tool pprof` opens.
    Pprof,
}

/// A profile of a module in a form.
///
/// # Errors
///
/// Where it cannot be encoded.
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

/// The frames that a program's author knows of, of a place; all, if he knows of none.
fn known(frames: &[Frame]) -> impl DoubleEndedIterator<Item = &Frame> {
    let is_known = |frame: &Frame| frame.origin != Origin::Glue;
    let all = !frames.iter().any(is_known);
    frames.iter().filter(move |frame| all || is_known(frame))
}
