//! The bytes of an argument: from the command line, from a file, which is read straight into the
//! guest's memory, or from standard input.

use crate::size::Size;
use rustix::fd::AsFd;
use rustix::fs::FileType;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What an argument may take: more than a guest's memory can hold cannot be passed, and is not read to its
/// end to find that out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// In bytes; a length has 32 bits.
    bytes: u64,
}

impl Room {
    /// The room in a memory of at most so many bytes, where there is a bound.
    pub(super) fn new(max_memory: Option<u64>) -> Self {
        let longest = u64::from(u32::MAX);
        Self {
            bytes: max_memory.map_or(longest, |bytes| bytes.min(longest)),
        }
    }

    fn is_exceeded_by(self, name: &str) -> String {
        let room = Size(self.bytes);
        format!("{name} is larger than the program's memory can be, which is {room}")
    }
}

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
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or is larger than `room` allows.
    pub(super) fn of_file(path: &Path, room: Room) -> Result<Self, String> {
        let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(format!("{} is a directory", path.display()));
        }
        let shown = path.display().to_string();
        if is_endless(&file) {
            return Err(format!("{shown} has no end"));
        }
        // The length of a pipe or a device is not known before it was read, and a file of the system's
        // own may say that it has none.
        if !metadata.is_file() || metadata.len() == 0 {
            return read(file, &shown, room).map(Self::Bytes);
        }
        let length = u32::try_from(metadata.len()).ok();
        let length = length.filter(|length| u64::from(*length) <= room.bytes);
        let length = length.ok_or_else(|| room.is_exceeded_by(&shown))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            length,
        })
    }

    /// What standard input holds, which can be had once.
    ///
    /// # Errors
    ///
    /// The same, and where it was passed before.
    pub(super) fn of_standard_input(room: Room) -> Result<Self, String> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err("standard input was passed before, and is empty by now".to_owned());
        }
        if is_endless(io::stdin()) {
            return Err("standard input has no end".to_owned());
        }
        read(io::stdin().lock(), "standard input", room).map(Self::Bytes)
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
    pub(super) fn copy_to(&mut self, place: &mut [u8]) -> Result<(), String> {
        let filled = match self {
            Self::Bytes(bytes) => bytes.as_slice().read_exact(place),
            Self::File { file, .. } => file.read_exact(place),
        };
        filled.map_err(|error| format!("{} cannot be read: {error}", self.name()))
    }
}

/// Reads to the end.
fn read(source: impl Read, name: &str, room: Room) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = source.take(room.bytes + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{name} cannot be read: {error}"))?;
    match bytes.len() as u64 > room.bytes {
        true => Err(room.is_exceeded_by(name)),
        false => Ok(bytes),
    }
}

/// Whether a file is one of the devices that never end, by Linux's numbers for those:
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
