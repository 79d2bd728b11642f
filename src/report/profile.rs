//! A profile in the form that its file's ending asks for.

mod flame;
mod folded;
mod pprof;

use super::file;
use crate::cli::profile::{Format, Target};
use crate::error::Error;
use crate::insight::{Frame, Origin, Profile};
use std::io;

/// Writes a profile, whole or not at all.
///
/// # Errors
///
/// `Runner` where it cannot be written.
pub fn write(profile: &Profile, module: &str, to: &Target) -> Result<(), Error> {
    let content = match to.format {
        Format::Folded => Ok(folded::lines(profile).concat().into_bytes()),
        Format::Flame => flame::draw(profile, module),
        Format::Pprof => pprof::encode(profile),
    };
    let written = content.and_then(|content| file::replace(&to.path, &content));
    written.map_err(|error: io::Error| {
        let path = to.path.display();
        Error::runner(format!("the profile cannot be written to {path}")).detail(error)
    })
}

/// The frames that a program's author knows of, of a place.
fn known(frames: &[Frame]) -> impl DoubleEndedIterator<Item = &Frame> {
    frames.iter().filter(|frame| frame.origin != Origin::Glue)
}
