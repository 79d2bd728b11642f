//! The bytes of an argument: from the command line, from a file, which is read straight into the
//! guest's memory, or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

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
    pub(super) fn of_file(path: &Path) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(format!("{} is a directory", path.display()));
        }
        // The length of a pipe or a device is not known before it was read.
        if !metadata.is_file() {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            return Ok(Self::Bytes(bytes));
        }
        let length = u32::try_from(metadata.len())
            .map_err(|_| format!("{} is larger than a guest's memory", path.display()))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            length,
        })
    }

    /// What standard input holds.
    pub(super) fn of_standard_input() -> Result<Self, String> {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| format!("standard input cannot be read: {error}"))?;
        Ok(Self::Bytes(bytes))
    }

    /// How many bytes there are.
    pub(super) fn length(&self) -> Option<u32> {
        match self {
            Self::Bytes(bytes) => u32::try_from(bytes.len()).ok(),
            Self::File { length, .. } => Some(*length),
        }
    }

    /// Puts them into `place`, which is as long.
    pub(super) fn copy_to(&mut self, place: &mut [u8]) -> Result<(), String> {
        match self {
            Self::Bytes(bytes) => {
                place.copy_from_slice(bytes);
                Ok(())
            }
            Self::File { file, path, .. } => file
                .read_exact(place)
                .map_err(|error| format!("{} cannot be read: {error}", path.display())),
        }
    }
}
