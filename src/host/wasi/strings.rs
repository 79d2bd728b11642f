//! The program's arguments and variables. Both are told in the same way: a list of addresses, and the
//! strings one after the other, each ended by a zero byte.

use super::{Answer, Memory, Wasi};
use crate::error::Error;

/// Strings as the guest gets them.
pub(super) struct Strings {
    bytes: Vec<u8>,
    /// Where each one begins in `bytes`.
    starts: Vec<u32>,
}

impl Strings {
    /// Lays strings out. `what` names them in an error.
    ///
    /// # Errors
    ///
    /// `CommandLine` where they are longer than a guest could hold, or hold a zero byte.
    pub(super) fn new(
        strings: impl IntoIterator<Item = String>,
        what: &str,
    ) -> Result<Self, Error> {
        let mut laid_out = Self {
            bytes: Vec::new(),
            starts: Vec::new(),
        };
        for string in strings {
            if string.contains('\0') {
                return Err(Error::command_line(format!("{what} hold a zero byte")));
            }
            laid_out.starts.push(laid_out.length(what)?);
            laid_out.bytes.extend_from_slice(string.as_bytes());
            laid_out.bytes.push(0);
        }
        laid_out.length(what)?;
        Ok(laid_out)
    }

    fn length(&self, what: &str) -> Result<u32, Error> {
        let too_long = |_| Error::command_line(format!("{what} are too long for WASI"));
        u32::try_from(self.bytes.len()).map_err(too_long)
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        // No more than there are bytes.
        self.starts.len() as u32
    }

    /// How many bytes they take, with the zero behind each.
    pub(super) fn size(&self) -> u32 {
        // It was measured when they were laid out.
        self.bytes.len() as u32
    }

    fn tell(&self, memory: &mut Memory<'_>, addresses: u32, strings: u32) -> Answer {
        memory.put(strings, &self.bytes)?;
        let list = self
            .starts
            .iter()
            .flat_map(|start| strings.wrapping_add(*start).to_le_bytes());
        Ok(memory.put(addresses, &list.collect::<Vec<_>>())?)
    }

    fn tell_sizes(&self, memory: &mut Memory<'_>, count: u32, length: u32) -> Answer {
        memory.put_u32(count, self.count())?;
        Ok(memory.put_u32(length, self.size())?)
    }
}

pub(super) fn args_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    addresses: u32,
    strings: u32,
) -> Answer {
    wasi.args.tell(memory, addresses, strings)
}

pub(super) fn args_sizes_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    count: u32,
    length: u32,
) -> Answer {
    wasi.args.tell_sizes(memory, count, length)
}

pub(super) fn environ_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    addresses: u32,
    strings: u32,
) -> Answer {
    wasi.env.tell(memory, addresses, strings)
}

pub(super) fn environ_sizes_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    count: u32,
    length: u32,
) -> Answer {
    wasi.env.tell_sizes(memory, count, length)
}
