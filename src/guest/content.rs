//! The bytes of an argument: from the command line, from a file, which is read straight into the
//! guest's memory, or from standard input.

use crate::module::{Progress, Step};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that are to be passed to the guest.
#[derive(Debug)]
pub(super) enum Content {
    /// They are here.
    Bytes(Vec<u8>),
    /// They are in a file.
    File {
        /// The file, at its beginning.
        file: File,
        /// Its path, for messages.
        path: PathBuf,
        /// How many there are.
        length: u32,
    },
}

impl Content {
    /// What the file at `path` holds.
    pub(super) fn of_file(path: &Path, progress: Progress) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(format!("{} is a directory", path.display()));
        }
        let too_large = |_| format!("{} is larger than a guest's memory", path.display());
        // The length of a pipe or a device is not known before it was read, and a file of the system's
        // own may say that it has none.
        if !metadata.is_file() || metadata.len() == 0 {
            let name = path.display().to_string();
            let bytes = read(file, &name, progress).map_err(unreadable)?;
            return Ok(Self::Bytes(bytes));
        }
        let length = u32::try_from(metadata.len()).map_err(too_large)?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            length,
        })
    }

    /// What standard input holds, which can be had once.
    pub(super) fn of_standard_input(progress: Progress) -> Result<Self, String> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err("standard input was passed before, and is empty by now".to_owned());
        }
        let read = read(io::stdin().lock(), "standard input", progress);
        read.map(Self::Bytes)
            .map_err(|error| format!("standard input cannot be read: {error}"))
    }

    /// How many bytes there are.
    pub(super) fn length(&self) -> Option<u32> {
        match self {
            Self::Bytes(bytes) => u32::try_from(bytes.len()).ok(),
            Self::File { length, .. } => Some(*length),
        }
    }

    /// What messages call them.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Bytes(_) => "an argument".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// Puts them into `place`, which is as long.
    pub(super) fn copy_to(&mut self, place: &mut [u8], step: &Step) -> Result<(), String> {
        let filled = match self {
            Self::Bytes(bytes) => step.fill(&mut bytes.as_slice(), place),
            Self::File { file, .. } => step.fill(file, place),
        };
        filled.map_err(|error| format!("{} cannot be read: {error}", self.name()))
    }
}

/// Reads to the end, or as much as no guest's memory would hold.
fn read(source: impl Read, name: &str, progress: Progress) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let source = source.take(u64::from(u32::MAX) + 1);
    progress.read(name, 0, source, &mut bytes)?;
    Ok(bytes)
}
