//! The bytes of an argument: from the command line, from a file, which is read straight into the
//! guest's memory, or from standard input.

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
    pub(super) fn of_file(path: &Path) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        let mut file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(format!("{} is a directory", path.display()));
        }
        let too_large = |_| format!("{} is larger than a guest's memory", path.display());
        // The length of a pipe or a device is not known before it was read, and a file of the system's
        // own may say that it has none.
        if !metadata.is_file() || metadata.len() == 0 {
            let bytes = read(&mut file).map_err(unreadable)?;
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
    pub(super) fn of_standard_input() -> Result<Self, String> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err("standard input was passed before, and is empty by now".to_owned());
        }
        let read = read(&mut io::stdin().lock());
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

/// Reads to the end, or as much as no guest's memory would hold.
fn read(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(u64::from(u32::MAX) + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
