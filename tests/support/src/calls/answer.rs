//! Reads a call's results from the program's memory, and formats them for the lists.

use crate::wasi::{ERRORS, FILE_TYPES, RIGHTS};
use anyhow::{Result, bail};

/// A result: its type and its address.
#[derive(Clone, Copy)]
pub enum ResultSlot {
    U32(usize),
    U64(usize),
    FileStat(usize),
    FileTimes(usize),
    FdStat(usize),
    /// The bytes that the call counted.
    Bytes(usize),
    /// The names of a directory listing, sorted.
    Names(usize),
    Events(usize),
}

impl ResultSlot {
    /// The slot for `>KIND` in a list.
    pub fn new(kind: &str, address: usize) -> Result<Self> {
        Ok(match kind {
            "" => Self::U32(address),
            ">" => Self::U64(address),
            "stat" => Self::FileStat(address),
            "times" => Self::FileTimes(address),
            "fdstat" => Self::FdStat(address),
            _ => bail!("there is no result of this kind"),
        })
    }

    /// The result as text. `count` is the number of bytes or events that the call counted.
    pub fn read(self, memory: &[u8], count: usize) -> String {
        let field = |address, size| number_at(memory, address, size);
        let bytes = |address: usize| memory.get(address..address + count).unwrap_or_default();
        match self {
            Self::U32(address) => field(address, 4).to_string(),
            Self::U64(address) => field(address, 8).to_string(),
            Self::FileStat(address) => {
                let file_type = FILE_TYPES[field(address + 16, 1) as usize];
                let (size, links) = (field(address + 32, 8), field(address + 24, 8));
                match file_type {
                    // The size and the links of a directory depend on the file system.
                    "directory" => file_type.to_owned(),
                    _ => format!("{file_type} size={size} links={links}"),
                }
            }
            Self::FileTimes(address) => {
                let (accessed, modified) = (field(address + 40, 8), field(address + 48, 8));
                format!("accessed={} modified={}", accessed as i64, modified as i64)
            }
            Self::FdStat(address) => {
                let flags = ["APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"];
                let flags: Vec<_> = flags.into_iter().zip((0..).map(|bit| 1 << bit)).collect();
                format!(
                    "{} flags={} rights={}",
                    FILE_TYPES[field(address, 1) as usize],
                    join_flags(field(address + 2, 2), &flags),
                    join_flags(field(address + 8, 8), RIGHTS)
                )
            }
            Self::Bytes(address) => format!("\"{}\"", bytes(address).escape_ascii()),
            Self::Names(address) => names(bytes(address)),
            Self::Events(address) => {
                let events = (0..count).map(|index| event(memory, address + index * 32));
                events.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

fn join_flags(set: u64, names: &[(&'static str, u64)]) -> String {
    let names = names.iter().filter(|(_, bit)| set & bit != 0);
    let names: Vec<_> = names.map(|(name, _)| *name).collect();
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join("|")
    }
}

fn event(memory: &[u8], address: usize) -> String {
    let field = |offset, size| number_at(memory, address + offset, size);
    let kind = ["clock", "read", "write"].get(field(10, 1) as usize);
    let mut text = format!("{}:{}", field(0, 8), kind.unwrap_or(&"?"));
    match (field(8, 2) as usize, field(16, 8)) {
        (0, 0) => {}
        (0, bytes) => text += &format!(":{bytes}"),
        (error, _) => text += &format!(":{}", ERRORS[error]),
    }
    if field(24, 2) != 0 {
        text += ":hangup";
    }
    text
}

/// The sorted names in a buffer of a listing. The last one may be truncated.
fn names(mut page: &[u8]) -> String {
    let mut names = Vec::new();
    while page.len() >= 24 {
        let length = number_at(page, 16, 4) as usize;
        let file_type = FILE_TYPES[usize::from(page[20])];
        let (name, mark) = match page.get(24..24 + length) {
            Some(name) => (name, ""),
            None => (&page[24..], "…"),
        };
        let name = String::from_utf8_lossy(name);
        names.push(format!("{name}:{file_type}{mark}"));
        page = page.get(24 + length..).unwrap_or_default();
    }
    names.sort();
    names.join(" ")
}

/// A little-endian number of `size` bytes.
pub fn number_at(memory: &[u8], address: usize, size: usize) -> u64 {
    let bytes = memory.get(address..address + size).unwrap_or_default();
    let bytes = bytes.iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}
