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
mod links;
mod listing;
mod memory;
mod missed;
mod mount;
mod path;
mod poll;
mod positions;
mod process;
mod random;
mod socket;
mod stat;
mod strings;
mod table;
mod trace;

use super::stdio::Seen;
use super::watch::Watched;
use super::{Host, World};
use crate::error::Error;
use crate::stop;
use clock::Clocks;
use errno::Errno;
use file::{File, Waits};
use flags::Rights;
use memory::Memory;
pub use missed::{MissedPath, MissedPaths};
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
    /// The paths that the program did not find.
    pub(super) missed: MissedPaths,
    /// What a trace calls that which the guest has opened.
    names: trace::Names,
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
        let names: Vec<_> = world.env.iter().map(|(name, _)| name).collect();
        log::debug!("the program's arguments are {:?}", world.args);
        // Their values may be secrets.
        log::debug!("the program's variables are {names:?}");
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
            missed: MissedPaths::default(),
            names: trace::Names::default(),
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
        match errno {
            // Nobody else interrupts a call for good.
            Errno::INTR if stop::is_requested() => {
                Self::End(wasmi::Error::new("the run has to end"))
            }
            errno => Self::Errno(errno),
        }
    }
}

impl From<HostErrno> for Fault {
    fn from(error: HostErrno) -> Self {
        Self::from(Errno::from(error))
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::from(Errno::from(error))
    }
}

/// Calls a function with the context and the memory of its caller.
fn enter(
    mut caller: Caller<'_, Host>,
    function: impl FnOnce(&mut Wasi, &mut Memory<'_>) -> Answer,
) -> Result<u32, wasmi::Error> {
    let memory = memory_of(&caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut caller);
    match function(&mut host.wasi, &mut Memory::new(bytes)) {
        Ok(()) => Ok(0),
        Err(Fault::Errno(errno)) => Ok(u32::from(errno.code())),
        Err(Fault::End(end)) => Err(end),
    }
}

/// The memory of a function's caller.
#[inline(always)]
fn memory_of(caller: &Caller<'_, Host>) -> Result<wasmi::Memory, wasmi::Error> {
    let only = caller.data().only_memory;
    let exported = || caller.get_export("memory").and_then(Extern::into_memory);
    only.or_else(exported)
        .ok_or_else(|| wasmi::Error::new("the caller has no memory"))
}

/// The WASI function of this name, where there is one, watched if anything is.
pub(super) fn function(store: &mut Store<Host>, name: &str) -> Option<Func> {
    match store.data().watch.of(name) {
        None => plain(store, name),
        Some(watched) => watching(store, name, watched),
    }
}

/// Lists the functions by name: the room each lives in, its parameters, and what these mean: what the
/// call is given, whether it may wait, and what it tells. A function and its meaning cannot be had
/// without each other, and a parameter that has no meaning is an unused variable.
macro_rules! functions {
    ($($room:ident :: $function:ident ( $($parameter:ident: $ty:ty),* )
        [ $($given:expr),* ] $($waits:ident)? -> $told:expr ;)+) => {
        /// The function as it is. Only what a module imports is made.
        fn plain(store: &mut Store<Host>, name: &str) -> Option<Func> {
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

        /// The same, with each call watched.
        fn watching(store: &mut Store<Host>, name: &str, watched: Watched) -> Option<Func> {
            Some(match name {
                "proc_exit" => Func::wrap(store, move |code: i32| {
                    trace::note(&watched, || format!("proc_exit({code})"));
                    process::proc_exit(code)
                }),
                $(stringify!($function) => Func::wrap(
                    store,
                    move |caller: Caller<'_, Host>, $($parameter: $ty),*| {
                        let call = meaning::$function($($parameter),*);
                        trace::watch(caller, &watched, &call, &mut |wasi, memory| {
                            $room::$function(wasi, memory, $($parameter),*)
                        })
                    },
                ),)+
                _ => return None,
            })
        }

        /// What calls of the functions mean.
        #[allow(clippy::too_many_arguments, reason = "the functions are WASI's")]
        mod meaning {
            use super::trace::{Call, Given::*, Pace, Told::*, names::*};
            use smallvec::smallvec;

            $(pub(super) fn $function($($parameter: $ty),*) -> Call {
                Call {
                    name: stringify!($function),
                    given: smallvec![$($given),*],
                    pace: pace!($($waits)?),
                    told: $told,
                }
            })+

            /// A call of each function, with every parameter as near to `value` as it can be.
            #[cfg(test)]
            pub(super) fn all(value: u64) -> Vec<Call> {
                vec![$($function($(value.min(<$ty>::MAX.into()) as $ty),*)),+]
            }
        }
    };
}

macro_rules! pace {
    () => {
        Pace::AtOnce
    };
    (waits) => {
        Pace::MayWait
    };
}

functions! {
    strings::args_get(addresses: u32, strings: u32) [] -> Args(addresses, strings);
    strings::args_sizes_get(count: u32, length: u32) [] -> Sizes(count, length);
    strings::environ_get(addresses: u32, strings: u32) [] -> Variables(addresses, strings);
    strings::environ_sizes_get(count: u32, length: u32) [] -> Sizes(count, length);
    clock::clock_res_get(clock: u32, resolution: u32) [Name(clock, CLOCKS)] -> Resolution(resolution);
    clock::clock_time_get(clock: u32, precision: u64, time: u32)
        [Name(clock, CLOCKS), Number(precision)] -> Time(clock, time);
    random::random_get(buffer: u32, length: u32) [Number(length.into())] -> Bytes(buffer, length);
    process::proc_raise(signal: u32) [Name(signal, SIGNALS)] -> Nothing;
    process::sched_yield() [] -> Nothing;
    poll::poll_oneoff(subscriptions: u32, events: u32, count: u32, told: u32)
        [Subscriptions(subscriptions, count)] waits -> Events(events, told, count);
    table::fd_close(fd: u32) [Fd(fd)] -> Nothing;
    table::fd_renumber(from: u32, to: u32) [Fd(from), Fd(to)] -> Renumbered(from, to);
    table::fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64)
        [Fd(fd), Rights(rights), Rights(inheriting)] -> Nothing;
    mount::fd_prestat_get(fd: u32, stat: u32) [Fd(fd)] -> Prestat(stat);
    mount::fd_prestat_dir_name(fd: u32, buffer: u32, length: u32)
        [Fd(fd), Number(length.into())] -> MountName(fd, buffer);
    stat::fd_fdstat_get(fd: u32, stat: u32) [Fd(fd)] -> FdStat(stat);
    stat::fd_filestat_get(fd: u32, stat: u32) [Fd(fd)] -> FileStat(stat);
    stat::fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32)
        [Fd(fd), Times(accessed, modified, flags)] -> Nothing;
    content::fd_fdstat_set_flags(fd: u32, flags: u32) [Fd(fd), Flags(flags, FD_FLAGS)] -> Nothing;
    content::fd_filestat_set_size(fd: u32, size: u64) [Fd(fd), Number(size)] -> Nothing;
    content::fd_advise(fd: u32, offset: u64, length: u64, advice: u32)
        [Fd(fd), Number(offset), Number(length), Name(advice, ADVICE)] -> Nothing;
    content::fd_allocate(fd: u32, offset: u64, length: u64)
        [Fd(fd), Number(offset), Number(length)] -> Nothing;
    content::fd_datasync(fd: u32) [Fd(fd)] waits -> Nothing;
    content::fd_sync(fd: u32) [Fd(fd)] waits -> Nothing;
    io::fd_read(fd: u32, buffers: u32, count: u32, read: u32)
        [Fd(fd), Room(buffers, count)] waits -> Data(buffers, count, read);
    io::fd_write(fd: u32, buffers: u32, count: u32, written: u32)
        [Fd(fd), Buffers(buffers, count)] waits -> Written(written);
    io::fd_pread(fd: u32, buffers: u32, count: u32, offset: u64, read: u32)
        [Fd(fd), Room(buffers, count), Number(offset)] waits -> Data(buffers, count, read);
    io::fd_pwrite(fd: u32, buffers: u32, count: u32, offset: u64, written: u32)
        [Fd(fd), Buffers(buffers, count), Number(offset)] waits -> Written(written);
    io::fd_seek(fd: u32, offset: u64, whence: u32, position: u32)
        [Fd(fd), Offset(offset), Name(whence, WHENCES)] -> Position(position);
    io::fd_tell(fd: u32, position: u32) [Fd(fd)] -> Position(position);
    listing::fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, used: u32)
        [Fd(fd), Number(length.into()), Number(cookie)] -> Entries(buffer, length, used);
    path::path_create_directory(fd: u32, path: u32, length: u32)
        [Fd(fd), Path(path, length)] -> Nothing;
    path::path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, stat: u32)
        [Fd(fd), Flags(lookup, LOOKUP_FLAGS), Path(path, length)] -> FileStat(stat);
    path::path_filestat_set_times(fd: u32, lookup: u32, path: u32, length: u32,
        accessed: u64, modified: u64, flags: u32)
        [Fd(fd), Flags(lookup, LOOKUP_FLAGS), Path(path, length), Times(accessed, modified, flags)]
        -> Nothing;
    path::path_link(fd: u32, lookup: u32, path: u32, length: u32,
        new_fd: u32, new_path: u32, new_length: u32)
        [Fd(fd), Flags(lookup, LOOKUP_FLAGS), Path(path, length), Fd(new_fd), Path(new_path, new_length)]
        -> Nothing;
    path::path_open(fd: u32, lookup: u32, path: u32, length: u32,
        open: u32, rights: u64, inheriting: u64, flags: u32, opened: u32)
        [Fd(fd), Flags(lookup, LOOKUP_FLAGS), Path(path, length), Flags(open, OPEN_FLAGS),
            Rights(rights), Rights(inheriting), Flags(flags, FD_FLAGS)]
        waits -> Opened { fd, path: (path, length), opened };
    path::path_readlink(fd: u32, path: u32, length: u32,
        buffer: u32, buffer_length: u32, used: u32)
        [Fd(fd), Path(path, length), Number(buffer_length.into())] -> Link(buffer, used);
    path::path_remove_directory(fd: u32, path: u32, length: u32)
        [Fd(fd), Path(path, length)] -> Nothing;
    path::path_rename(fd: u32, path: u32, length: u32,
        new_fd: u32, new_path: u32, new_length: u32)
        [Fd(fd), Path(path, length), Fd(new_fd), Path(new_path, new_length)] -> Nothing;
    path::path_symlink(content: u32, content_length: u32, fd: u32, path: u32, length: u32)
        [Path(content, content_length), Fd(fd), Path(path, length)] -> Nothing;
    path::path_unlink_file(fd: u32, path: u32, length: u32)
        [Fd(fd), Path(path, length)] -> Nothing;
    socket::sock_accept(fd: u32, flags: u32, accepted: u32)
        [Fd(fd), Flags(flags, FD_FLAGS)] -> Accepted(accepted);
    socket::sock_recv(fd: u32, buffers: u32, count: u32, flags: u32, read: u32, told: u32)
        [Fd(fd), Room(buffers, count), Flags(flags, RECEIVE_FLAGS)]
        -> Received(buffers, count, read, told);
    socket::sock_send(fd: u32, buffers: u32, count: u32, flags: u32, written: u32)
        [Fd(fd), Buffers(buffers, count), Flags(flags, &[])] -> Written(written);
    socket::sock_shutdown(fd: u32, how: u32) [Fd(fd), Flags(how, SHUTDOWN_FLAGS)] -> Nothing;
}
