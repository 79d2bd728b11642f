//! The bytes of a string or a slice that is an argument, from the command line, from standard input or from a file. A
//! file is read directly into the guest's memory.

use crate::go_types::layout::Layout;
use crate::size::Size;
use rustix::fd::AsFd;
use rustix::fs::{FileType, Stat};
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
    /// The headers of strings, each an address and a length, then the strings. The addresses count from the first
    /// header.
    Strings {
        /// The headers and the strings.
        memory: Vec<u8>,
        /// The number of strings.
        count: u32,
        /// The layout of the headers.
        layout: Layout,
    },
}

impl ArgBytes {
    /// The headers of strings and the strings, as the elements of a slice.
    pub(super) fn of_strings<'t>(
        strings: impl Iterator<Item = &'t [u8]> + Clone,
        layout: Layout,
    ) -> Self {
        let word = layout.word() as usize;
        let count = strings.clone().count();
        let (mut memory, mut text) = (Vec::new(), Vec::new());
        for string in strings {
            let offset = (2 * word * count + text.len()) as u64;
            memory.extend_from_slice(&offset.to_le_bytes()[..word]);
            memory.extend_from_slice(&(string.len() as u64).to_le_bytes()[..word]);
            text.extend_from_slice(string);
        }
        memory.append(&mut text);
        Self::Strings {
            memory,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            layout,
        }
    }

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
            Self::InMemory(bytes) | Self::Strings { memory: bytes, .. } => {
                u32::try_from(bytes.len()).ok()
            }
            Self::File { length, .. } => Some(*length),
        }
    }

    /// Returns true for the headers of strings.
    pub(super) fn is_strings(&self) -> bool {
        matches!(self, Self::Strings { .. })
    }

    /// The name of the argument in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::InMemory(_) | Self::Strings { .. } => "an argument".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// Copies the bytes to `target`, which has the same length and is at `address` in the guest's memory.
    pub(super) fn copy_to(&mut self, target: &mut [u8], address: u32) -> Result<(), String> {
        let copied = match self {
            Self::InMemory(bytes) => bytes.as_slice().read_exact(target),
            Self::File { file, .. } => file.read_exact(target),
            Self::Strings {
                memory,
                count,
                layout,
            } => {
                let copied = memory.as_slice().read_exact(target);
                let word = layout.word() as usize;
                let headers = target.chunks_exact_mut(2 * word).take(*count as usize);
                headers.for_each(|header| add_address(&mut header[..4], address));
                copied
            }
        };
        copied.map_err(|error| format!("cannot read {}: {error}", self.name()))
    }
}

/// Adds the address of the guest's memory to an offset from there. An address has 32 bits, also in a 64-bit word.
fn add_address(offset: &mut [u8], address: u32) {
    if let Ok(bytes) = <[u8; 4]>::try_from(&*offset) {
        let absolute = u32::from_le_bytes(bytes).wrapping_add(address);
        offset.copy_from_slice(&absolute.to_le_bytes());
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

/// Returns true for an endless device such as /dev/zero, even if it has another name.
fn is_endless(file: impl AsFd) -> bool {
    let device = |stat: Stat| {
        let file_type = FileType::from_raw_mode(stat.st_mode);
        (file_type == FileType::CharacterDevice).then_some(stat.st_rdev)
    };
    let Some(opened) = rustix::fs::fstat(file).ok().and_then(device) else {
        return false;
    };
    ["/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
        .into_iter()
        .filter_map(|path| device(rustix::fs::stat(path).ok()?))
        .any(|endless| endless == opened)
}
