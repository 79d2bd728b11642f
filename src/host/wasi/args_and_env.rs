//! The program's arguments and environment variables. The guest gets both in the same form: a list of pointers, and the
//! strings in one buffer, each with a final zero byte.

use super::{Call, GuestMemory, WasiResult};
use crate::error::Error;

/// Strings as they are laid out in the guest's memory.
pub(super) struct StringList {
    bytes: Vec<u8>,
    /// The offset of each string in `bytes`.
    starts: Vec<u32>,
}

impl StringList {
    /// Lays out strings. `what` names them in an error.
    ///
    /// # Errors
    ///
    /// `CommandLine` if they are too long for a guest's memory, or one contains a zero byte.
    pub(super) fn new(
        strings: impl IntoIterator<Item = String>,
        what: &str,
    ) -> Result<Self, Error> {
        let mut list = Self {
            bytes: Vec::new(),
            starts: Vec::new(),
        };
        for string in strings {
            if string.contains('\0') {
                return Err(Error::command_line(format!("{what} contain a zero byte")));
            }
            list.starts.push(list.checked_size(what)?);
            list.bytes.extend_from_slice(string.as_bytes());
            list.bytes.push(0);
        }
        list.checked_size(what)?;
        Ok(list)
    }

    fn checked_size(&self, what: &str) -> Result<u32, Error> {
        let too_long = |_| Error::command_line(format!("{what} are too long for WASI"));
        u32::try_from(self.bytes.len()).map_err(too_long)
    }

    /// The number of strings, which is at most the number of bytes.
    pub(super) fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The total size of the strings in bytes, including zero bytes. `new` has checked it.
    pub(super) fn size(&self) -> u32 {
        self.bytes.len() as u32
    }

    fn get(&self, memory: &mut GuestMemory<'_>, pointers: u32, buf: u32) -> WasiResult {
        memory.put(buf, &self.bytes)?;
        let list = self
            .starts
            .iter()
            .flat_map(|start| buf.wrapping_add(*start).to_le_bytes());
        Ok(memory.put(pointers, &list.collect::<Vec<_>>())?)
    }

    fn sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> WasiResult {
        memory.write(count, self.count())?;
        Ok(memory.write(size, self.size())?)
    }
}

pub(super) fn args_get(call: Call<'_>, argv: u32, argv_buf: u32) -> WasiResult {
    call.wasi.args.get(call.memory, argv, argv_buf)
}

pub(super) fn args_sizes_get(call: Call<'_>, argc: u32, argv_buf_size: u32) -> WasiResult {
    call.wasi.args.sizes_get(call.memory, argc, argv_buf_size)
}

pub(super) fn environ_get(call: Call<'_>, environ: u32, environ_buf: u32) -> WasiResult {
    call.wasi.env.get(call.memory, environ, environ_buf)
}

pub(super) fn environ_sizes_get(
    call: Call<'_>,
    environc: u32,
    environ_buf_size: u32,
) -> WasiResult {
    call.wasi
        .env
        .sizes_get(call.memory, environc, environ_buf_size)
}
