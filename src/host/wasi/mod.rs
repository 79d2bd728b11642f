//! WASI preview 1, as its specification has it: the functions by name, and the context of one run that
//! they share. Each function takes numbers from the guest and answers with an errno; a pointer that
//! leads outside its memory is `EFAULT`, never the end of the run.

mod clock;
mod content;
mod directory;
mod errno;
mod file;
mod flags;
mod io;
mod listing;
mod memory;
mod mount;
mod path;
mod poll;
mod process;
mod random;
mod socket;
mod stat;
mod strings;
mod table;

use super::stdio::Seen;
use super::{Host, World};
use crate::error::Error;
use clock::Clocks;
use errno::Errno;
use file::{File, Waits};
use flags::Rights;
use memory::Memory;
use random::Random;
use rustix::io::Errno as HostErrno;
use strings::Strings;
use table::{Descriptor, Table};
use wasmi::{Caller, Extern, Func, Store};

/// The module name under which programs import WASI.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// What the guest has of the world.
pub(super) struct Wasi {
    args: Strings,
    env: Strings,
    clocks: Clocks,
    random: Random,
    table: Table,
}

impl Wasi {
    /// Opens a world.
    ///
    /// # Errors
    ///
    /// `CommandLine` where a directory cannot be mounted or a string cannot be told to a guest.
    pub(super) fn new(world: &World, seen: &Seen) -> Result<Self, Error> {
        let mut table = Table::new();
        let waits = match world.clock {
            // Whether a stream happens to be ready must not show.
            Some(_) => Waits::Always,
            None => Waits::AsAsked,
        };
        for stream in [
            File::input(waits),
            File::output(seen, waits),
            File::error(seen, waits),
        ] {
            let rights = stream.rights(stat::kind(&stream), Rights::all());
            table.add(Descriptor::file(stream, rights));
        }
        for mounted in mount::open(&world.mounts)? {
            table.add(mounted);
        }
        let variables = world
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        Ok(Self {
            args: Strings::new(world.args.iter().cloned(), "the program's arguments")?,
            env: Strings::new(variables, "the program's variables")?,
            clocks: Clocks::start(world.clock),
            random: Random::new(world.seed),
            table,
        })
    }
}

/// What a function answers with.
type Answer = Result<(), Fault>;

/// Why a function did not do what it was asked to.
enum Fault {
    /// It could not, and tells the guest why.
    Errno(Errno),
    /// The run is over.
    End(wasmi::Error),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<HostErrno> for Fault {
    fn from(error: HostErrno) -> Self {
        Self::Errno(error.into())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Errno(error.into())
    }
}

/// Calls a function with the context and the memory of its caller.
fn enter(
    mut caller: Caller<'_, Host>,
    function: impl FnOnce(&mut Wasi, &mut Memory<'_>) -> Answer,
) -> Result<u32, wasmi::Error> {
    let only = caller.data().only_memory;
    let exported = || caller.get_export("memory").and_then(Extern::into_memory);
    let Some(memory) = only.or_else(exported) else {
        return Err(wasmi::Error::new("the caller has no memory"));
    };
    let (bytes, host) = memory.data_and_store_mut(&mut caller);
    match function(&mut host.wasi, &mut Memory::new(bytes)) {
        Ok(()) => Ok(0),
        Err(Fault::Errno(errno)) => Ok(u32::from(errno.code())),
        Err(Fault::End(end)) => Err(end),
    }
}

/// Lists the functions by name, with the room each lives in and its parameters.
macro_rules! functions {
    ($($room:ident :: $function:ident ( $($parameter:ident: $ty:ty),* ))+) => {
        /// The WASI function of this name, where there is one. Only what a module imports is made.
        pub(super) fn function(store: &mut Store<Host>, name: &str) -> Option<Func> {
            Some(match name {
                "proc_exit" => Func::wrap(store, process::proc_exit),
                $(stringify!($function) => Func::wrap(
                    store,
                    |caller: Caller<'_, Host>, $($parameter: $ty),*| {
                        enter(caller, |wasi, memory| {
                            $room::$function(wasi, memory, $($parameter),*)
                        })
                    },
                ),)+
                _ => return None,
            })
        }
    };
}

functions! {
    strings::args_get(addresses: u32, strings: u32)
    strings::args_sizes_get(count: u32, length: u32)
    strings::environ_get(addresses: u32, strings: u32)
    strings::environ_sizes_get(count: u32, length: u32)
    clock::clock_res_get(clock: u32, resolution: u32)
    clock::clock_time_get(clock: u32, precision: u64, time: u32)
    random::random_get(buffer: u32, length: u32)
    process::proc_raise(signal: u32)
    process::sched_yield()
    poll::poll_oneoff(subscriptions: u32, events: u32, count: u32, told: u32)
    table::fd_close(fd: u32)
    table::fd_renumber(from: u32, to: u32)
    table::fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64)
    mount::fd_prestat_get(fd: u32, stat: u32)
    mount::fd_prestat_dir_name(fd: u32, buffer: u32, length: u32)
    stat::fd_fdstat_get(fd: u32, stat: u32)
    stat::fd_filestat_get(fd: u32, stat: u32)
    stat::fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32)
    content::fd_fdstat_set_flags(fd: u32, flags: u32)
    content::fd_filestat_set_size(fd: u32, size: u64)
    content::fd_advise(fd: u32, offset: u64, length: u64, advice: u32)
    content::fd_allocate(fd: u32, offset: u64, length: u64)
    content::fd_datasync(fd: u32)
    content::fd_sync(fd: u32)
    io::fd_read(fd: u32, buffers: u32, count: u32, read: u32)
    io::fd_write(fd: u32, buffers: u32, count: u32, written: u32)
    io::fd_pread(fd: u32, buffers: u32, count: u32, offset: u64, read: u32)
    io::fd_pwrite(fd: u32, buffers: u32, count: u32, offset: u64, written: u32)
    io::fd_seek(fd: u32, offset: u64, whence: u32, position: u32)
    io::fd_tell(fd: u32, position: u32)
    listing::fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, used: u32)
    path::path_create_directory(fd: u32, path: u32, length: u32)
    path::path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, stat: u32)
    path::path_filestat_set_times(fd: u32, lookup: u32, path: u32, length: u32,
        accessed: u64, modified: u64, flags: u32)
    path::path_link(fd: u32, lookup: u32, path: u32, length: u32,
        new_fd: u32, new_path: u32, new_length: u32)
    path::path_open(fd: u32, lookup: u32, path: u32, length: u32,
        open: u32, rights: u64, inheriting: u64, flags: u32, opened: u32)
    path::path_readlink(fd: u32, path: u32, length: u32,
        buffer: u32, buffer_length: u32, used: u32)
    path::path_remove_directory(fd: u32, path: u32, length: u32)
    path::path_rename(fd: u32, path: u32, length: u32,
        new_fd: u32, new_path: u32, new_length: u32)
    path::path_symlink(content: u32, content_length: u32, fd: u32, path: u32, length: u32)
    path::path_unlink_file(fd: u32, path: u32, length: u32)
    socket::sock_accept(fd: u32, flags: u32, accepted: u32)
    socket::sock_recv(fd: u32, buffers: u32, count: u32, flags: u32, read: u32, told: u32)
    socket::sock_send(fd: u32, buffers: u32, count: u32, flags: u32, written: u32)
    socket::sock_shutdown(fd: u32, how: u32)
}
