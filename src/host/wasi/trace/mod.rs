//! WASI calls as lines of a trace: what a call is given between parentheses, what comes of it behind the
//! `=`. What each parameter means stands beside the function in the table of `functions!`; here is how
//! each meaning is shown. Addresses and lengths are the guest's: what they name is looked at within
//! bounds, and what lies outside is shown as its address.

mod given;
pub(super) mod names;
#[cfg(test)]
mod tests;
mod told;

use super::errno::Errno;
use super::memory::Few;
use super::table::Node;
use super::{Answer, Fault, Host, Memory, Wasi, memory_of};
use crate::host::watch::{Begin, Counted, Watched, quote};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use wasmi::Caller;

/// What a parameter, or two that belong together, give to a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given {
    /// A descriptor.
    Fd(u32),
    /// A path, or what a link is to hold: address and length.
    Path(u32, u32),
    /// Buffers with what is to be written: the list's address and count.
    Buffers(u32, u32),
    /// Buffers to read into, of which only the room counts here.
    Room(u32, u32),
    Number(u64),
    Offset(u64),
    /// One of several things that have names.
    Name(u32, &'static [&'static str]),
    /// A set of flags.
    Flags(u32, &'static [&'static str]),
    Rights(u64),
    /// The times of access and modification, and which of them are to be set.
    Times(u64, u64, u32),
    /// What is waited for: the list's address and count.
    Subscriptions(u32, u32),
}

/// What comes of a call that succeeds, by the addresses that it writes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    /// That it succeeds.
    Nothing,
    /// A descriptor for the path below a descriptor.
    Opened {
        fd: u32,
        path: (u32, u32),
        opened: u32,
    },
    /// The first descriptor becomes the second.
    Renumbered(u32, u32),
    /// A connection's descriptor.
    Accepted(u32),
    /// How many bytes were written.
    Written(u32),
    /// What was read into buffers: the list's address and count, and where the number of bytes stands.
    Data(u32, u32, u32),
    /// The same, and where flags stand.
    Received(u32, u32, u32, u32),
    /// What fills a buffer.
    Bytes(u32, u32),
    /// The name of a mount, and where it stands.
    MountName(u32, u32),
    /// What a link holds: its address, and where its length stands.
    Link(u32, u32),
    /// Where the number of strings stands, and that of their bytes.
    Sizes(u32, u32),
    /// The program's arguments: their addresses and themselves.
    Args(u32, u32),
    /// Its variables.
    Variables(u32, u32),
    Resolution(u32),
    /// What a clock shows.
    Time(u32, u32),
    Position(u32),
    FdStat(u32),
    FileStat(u32),
    Prestat(u32),
    /// A page of a listing: address, length, and where it stands how much of it is used.
    Entries(u32, u32, u32),
    /// What came true: the list's address, where its length stands, and how much was waited for.
    Events(u32, u32, u32),
}

/// Whether a call may wait for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    MayWait,
}

/// A call and its meaning.
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) given: SmallVec<[Given; 8]>,
    pub(super) pace: Pace,
    pub(super) told: Told,
}

/// What has to be known of a call's memory when it is over, since the call may write over it.
#[derive(Default)]
struct Kept {
    /// The buffers that what is read goes to, as far as it is shown.
    buffers: Few<(u32, u32)>,
    /// The name of what is opened.
    name: Option<String>,
}

/// The guest's names for what it has opened, by descriptor. Only a trace fills it.
#[derive(Default)]
pub(super) struct Names(BTreeMap<u32, String>);

/// How many names are remembered, and how long they may be.
const MOST_NAMES: usize = 4096;
const LONGEST_NAME: usize = 256;

/// How many buffers, items or events are looked at.
const MOST_BUFFERS: u32 = 1024;
const MOST_ITEMS: usize = 16;

/// How much of a path is shown: all that can be one.
const LONGEST_PATH: usize = 4096;

impl Names {
    fn set(&mut self, fd: u32, name: String) {
        if self.0.len() < MOST_NAMES || self.0.contains_key(&fd) {
            self.0.insert(fd, name);
        } else {
            self.0.remove(&fd);
        }
    }
}

impl Wasi {
    /// The guest's name for a descriptor that is open, where it has one.
    fn name_of(&self, fd: u32) -> Option<&str> {
        let own = match &self.table.get(fd).ok()?.node {
            Node::File(file) => file.stream_name(),
            Node::Directory(directory) => directory.name(),
        };
        own.or_else(|| self.names.0.get(&fd).map(String::as_str))
    }

    fn shown_fd(&self, fd: u32) -> String {
        match self.name_of(fd) {
            // What would end the name early in a reader's eyes is no matter worth escaping.
            Some(name) => {
                let quoted = quote::text(name.as_bytes(), LONGEST_NAME);
                format!("{fd}<{}>", quoted.trim_matches('"'))
            }
            None => fd.to_string(),
        }
    }

    fn is_own_stream(&self, fd: u32) -> bool {
        let node = self.table.get(fd).map(|descriptor| &descriptor.node);
        matches!(node, Ok(Node::File(file)) if file.stream_name().is_some())
    }
}

impl Call {
    /// The call as far as it is known before it is made.
    fn shown(&self, wasi: &Wasi, memory: &Memory<'_>) -> String {
        let given = self.given.iter().map(|given| given.shown(wasi, memory));
        let given: Vec<_> = given.collect();
        format!("{}({})", self.name, given.join(", "))
    }

    /// A call that may wait is shown when it begins, unless the guest may write among the lines of the
    /// trace meanwhile.
    fn begin(&self, wasi: &Wasi, watched: &Watched) -> Begin {
        let writes = || {
            self.given
                .iter()
                .any(|given| matches!(given, Given::Buffers(..)))
        };
        let to_stream = || {
            let fds = self.given.first().into_iter();
            let mut fds =
                fds.map(|given| matches!(given, Given::Fd(fd) if wasi.is_own_stream(*fd)));
            fds.any(|is_stream| is_stream)
        };
        match self.pace {
            Pace::AtOnce => Begin::AtEnd,
            Pace::MayWait if watched.is_among_output() && writes() && to_stream() => Begin::AtEnd,
            Pace::MayWait => Begin::Before,
        }
    }
}

/// Makes a call and watches it.
pub(super) fn watch(
    mut caller: Caller<'_, Host>,
    watched: &Watched,
    call: &Call,
    function: &mut dyn FnMut(&mut Wasi, &mut Memory<'_>) -> Answer,
) -> Result<u32, wasmi::Error> {
    let memory = memory_of(&caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut caller);
    let (wasi, memory) = (&mut host.wasi, &mut Memory::new(bytes));
    let kept = call.told.keep(wasi, memory);
    let begin = call.begin(wasi, watched);
    let watching = watched.begin(begin, || call.shown(wasi, memory));
    let answer = function(wasi, memory);
    let counted = match answer {
        Ok(()) => Counted::Done {
            bytes: call.told.bytes(memory),
        },
        Err(_) => Counted::Failed,
    };
    watching.end(counted, || match &answer {
        Ok(()) => call.told.shown(wasi, memory, &kept),
        Err(Fault::Errno(errno)) => errno.name().to_owned(),
        Err(Fault::End(end)) => format!("? ({end})"),
    });
    match answer {
        Ok(()) => {
            call.told.remember(wasi, memory, kept);
            Ok(0)
        }
        Err(Fault::Errno(errno)) => Ok(u32::from(errno.code())),
        Err(Fault::End(end)) => Err(end),
    }
}

/// Shows a call that does not come back.
pub(super) fn note(watched: &Watched, call: impl FnOnce() -> String) {
    let watching = watched.begin(Begin::AtEnd, call);
    watching.end(Counted::Done { bytes: 0 }, || "?".to_owned());
}

/// The buffers in a list, from the first one on and as far as it is looked at; those that are empty are
/// left out.
fn buffers<'m>(
    memory: &'m Memory<'_>,
    list: u32,
    count: u32,
) -> Result<impl Iterator<Item = (u32, u32)> + use<'m>, Errno> {
    let list = memory.bytes(list, count.min(MOST_BUFFERS).saturating_mul(8))?;
    let (entries, _) = list.as_chunks::<8>();
    let buffer = |entry: &[u8; 8]| {
        let [a, b, c, d, e, f, g, h] = *entry;
        (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        )
    };
    Ok(entries.iter().map(buffer).filter(|(_, length)| *length > 0))
}

/// The first bytes that lie in buffers which are in memory as a whole.
fn first_bytes(
    memory: &Memory<'_>,
    buffers: impl Iterator<Item = (u32, u32)>,
    length: u64,
) -> Result<Vec<u8>, Errno> {
    // One character more, so that the last one is not cut.
    let most = length.min(quote::SHOWN as u64 + 1) as usize;
    let mut first = Vec::with_capacity(most);
    for (address, length) in buffers {
        let bytes = memory.bytes(address, length)?;
        let left = most - first.len();
        first.extend_from_slice(bytes.get(..left).unwrap_or(bytes));
        if first.len() == most {
            break;
        }
    }
    Ok(first)
}

/// A list, cut where it is long.
fn list(items: impl Iterator<Item = String>, length: usize) -> String {
    let mut shown: Vec<_> = items.take(MOST_ITEMS).collect();
    if length > shown.len() {
        shown.push("...".to_owned());
    }
    format!("[{}]", shown.join(", "))
}
