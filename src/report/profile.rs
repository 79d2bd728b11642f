//! A profile in the form that its file's ending asks for.

mod flame;
mod folded;
mod pprof;

use super::file;
use crate::cli::profile::{Format, Target};
use crate::error::Error;
use crate::insight::{Frame, Origin, Profile};
use std::fs;
use std::io;

/// Sees before a run whether a profile may be written after it: whether its folder is there.
///
/// # Errors
///
/// `Runner` where it is not.
pub fn expect(to: &Target) -> Result<(), Error> {
    let folder = to
        .path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let found = folder.map_or(Ok(()), |folder| fs::read_dir(folder).map(drop));
    found.map_err(|error| unwritable(to, error))
}

fn unwritable(to: &Target, error: io::Error) -> Error {
    let path = to.path.display();
    Error::runner(format!("the profile cannot be written to {path}")).detail(error)
}

/// Writes a profile, whole or not at all.
///
/// # Errors
///
/// `Runner` where it cannot be written.
pub fn write(profile: &Profile, module: &str, to: &Target) -> Result<(), Error> {
    let content = match to.format {
        Format::Folded => {
            let lines = folded::lines(profile, folded::MAX_BYTES);
            Ok(lines.concat().into_bytes())
        }
        Format::Flame => flame::draw(profile, module),
        Format::Pprof => pprof::encode(profile, module),
    };
    let written = content.and_then(|content| file::replace(&to.path, &content));
    written.map_err(|error| unwritable(to, error))
}

/// The frames that a program's author knows of, of a place; all, if he knows of none.
fn known(frames: &[Frame]) -> impl DoubleEndedIterator<Item = &Frame> {
    let is_known = |frame: &Frame| frame.origin != Origin::Glue;
    let all = !frames.iter().any(is_known);
    frames.iter().filter(move |frame| all || is_known(frame))
}
