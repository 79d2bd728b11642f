//! The bytes of a string argument, from the command line, from standard input or from a file. A file is read directly
//! into the guest's memory.

use crate::size::Size;
use rustix::fd::AsFd;
use rustix::fs::FileType;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The maximum size of an argument: that of the guest's memory. Longer input is not read to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaxBytes {
    /// At most `u32::MAX`, since a length in wasm has 32 bits.
    bytes: u64,
}

impl MaxBytes {
    /// The limit for a memory of at most `max_memory` bytes.
    pub(super) fn new(max_memory: Option<u64>) -> Self {
        let max = u64::from(u32::MAX);
        Self {
            bytes: max_memory.map_or(max, |bytes| bytes.min(max)),
        }
    }

    fn exceeded_by(self, name: &str) -> String {
        let max = Size(self.bytes);
        format!("{name} is larger than the program's memory can become ({max})")
    }
}

/// The bytes of an argument.
#[derive(Debug)]
pub(super) enum ArgBytes {
    /// The bytes themselves.
    InMemory(Vec<u8>),
    /// A file that has not been read yet.
    File {
        /// The file, at its beginning.
        file: File,
        /// Its path, for messages.
        path: PathBuf,
        /// The number of bytes.
        length: u32,
    },
}

impl ArgBytes {
    /// The content of the file at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is too large.
    pub(super) fn of_file(path: &Path, max: MaxBytes) -> Result<Self, String> {
        let name = path.display().to_string();
        let unreadable = |error: io::Error| format!("cannot read {name}: {error}");
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(format!("{name} is a directory"));
        }
        if is_endless(&file) {
            return Err(format!("{name} is endless"));
        }
        // The length of a pipe or a device is unknown, and files in /proc have a length of 0.
        if !metadata.is_file() || metadata.len() == 0 {
            return read(file, &name, max).map(Self::InMemory);
        }
        let length = u32::try_from(metadata.len()).ok();
        let length = length.filter(|length| u64::from(*length) <= max.bytes);
        let length = length.ok_or_else(|| max.exceeded_by(&name))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            length,
        })
    }

    /// The content of standard input, which can be read only once.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is too large, or was read before.
    pub(super) fn of_standard_input(max: MaxBytes) -> Result<Self, String> {
        static IS_READ: AtomicBool = AtomicBool::new(false);
        if IS_READ.swap(true, Ordering::Relaxed) {
            return Err("standard input is already used for another argument".to_owned());
        }
        if is_endless(io::stdin()) {
            return Err("standard input is endless".to_owned());
        }
        read(io::stdin().lock(), "standard input", max).map(Self::InMemory)
    }

    /// The number of bytes; `None` if it does not fit into 32 bits.
    pub(super) fn length(&self) -> Option<u32> {
        match self {
            Self::InMemory(bytes) => u32::try_from(bytes.len()).ok(),
            Self::File { length, .. } => Some(*length),
        }
    }

    /// The name of the argument in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::InMemory(_) => "an argument".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// Copies the bytes to `target`, which has the same length.
    pub(super) fn copy_to(&mut self, target: &mut [u8]) -> Result<(), String> {
        let copied = match self {
            Self::InMemory(bytes) => bytes.as_slice().read_exact(target),
            Self::File { file, .. } => file.read_exact(target),
        };
        copied.map_err(|error| format!("cannot read {}: {error}", self.name()))
    }
}

fn read(source: impl Read, name: &str, max: MaxBytes) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = source.take(max.bytes + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > max.bytes {
        return Err(max.exceeded_by(name));
    }
    Ok(bytes)
}

/// Returns true for an endless device such as /dev/zero, by its number:
/// <https://www.kernel.org/doc/html/latest/admin-guide/devices.html>.
fn is_endless(file: impl AsFd) -> bool {
    const MEMORY: u32 = 1;
    const ZERO: u32 = 5;
    const FULL: u32 = 7;
    const RANDOM: u32 = 8;
    const URANDOM: u32 = 9;
    rustix::fs::fstat(file).is_ok_and(|stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
            && rustix::fs::major(stat.st_rdev) == MEMORY
            && [ZERO, FULL, RANDOM, URANDOM].contains(&rustix::fs::minor(stat.st_rdev))
    })
}
