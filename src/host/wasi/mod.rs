//! [WASI preview 1](https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md): its functions, and the
//! state of a run that they share. Parameters and types have the specification's names. A function gets numbers from
//! the guest and returns an errno. A pointer that leads outside the memory is the error `EFAULT`, not a trap. Programs
//! of 2019 import the same functions from `wasi_unstable`, where four of them differ: see `unstable`.

mod abi;
mod args_and_env;
mod clock;
mod directory;
mod enumerations;
mod errno;
mod failed_lookups;
mod file;
mod flags;
mod io;
mod listing;
mod located;
mod memory;
mod mount;
mod path;
mod poll;
mod process;
mod random;
mod socket;
mod stat;
mod storage;
mod symlinks;
mod table;
mod trace;
mod unstable;

use super::stdio::StreamState;
use super::trace::FunctionObserver;
use super::{Host, HostConfig};
use crate::error::Error;
use crate::stop;
use abi::Slice;
use args_and_env::StringList;
use clock::Clocks;
use errno::Errno;
pub use failed_lookups::{FailedLookup, FailedLookups};
use file::{Blocking, File, FileHandle};
use flags::Rights;
use memory::GuestMemory;
use random::Random;
use rustix::io::Errno as HostErrno;
pub use symlinks::MAX_SYMLINKS;
use table::{Descriptor, FdTable};
use trace::TracedCall;
use wasmi::{Caller, Extern, Func, Memory, Store};

/// Returns true if programs import WASI from a module with this name.
pub(super) fn is_module(name: &str) -> bool {
    name == MODULE || name == unstable::MODULE
}

/// The module name under which programs import WASI.
const MODULE: &str = "wasi_snapshot_preview1";

/// The state of one run.
pub(super) struct Wasi {
    args: StringList,
    env: StringList,
    clocks: Clocks,
    random: Random,
    table: FdTable,
    pub(super) failed_lookups: FailedLookups,
    /// The names of open files and directories in a trace.
    fd_names: trace::FdNames,
}

impl Wasi {
    /// Opens the standard streams and the mounts, and lays out the arguments and variables.
    ///
    /// # Errors
    ///
    /// `CommandLine` if a directory cannot be mounted or a string cannot be passed to a guest.
    pub(super) fn new(config: &HostConfig, streams: &StreamState) -> Result<Self, Error> {
        let mut table = FdTable::default();
        let blocking = match config.clock {
            // With virtual time, a run must not depend on when a stream is ready.
            Some(_) => Blocking::Always,
            None => Blocking::UnlessNonblock,
        };
        for stream in [
            FileHandle::Stdin,
            FileHandle::Stdout(streams.clone()),
            FileHandle::Stderr(streams.clone()),
        ] {
            let stream = File::stream(stream, blocking);
            let rights = stream.rights(stat::host_type(&stream), Rights::all());
            table.add(Descriptor::file(stream, rights));
        }
        for mount in mount::open(&config.mounts)? {
            table.add(mount);
        }
        let names: Vec<_> = config.env.iter().map(|(name, _)| name).collect();
        log::debug!("the program's arguments are {:?}", config.args);
        // The values may be secrets.
        log::debug!("the program's variables are {names:?}");
        let variables = config
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        Ok(Self {
            args: StringList::new(config.args.iter().cloned(), "the program's arguments")?,
            env: StringList::new(variables, "the program's variables")?,
            clocks: Clocks::new(config.clock),
            random: Random::new(config.seed),
            table,
            failed_lookups: FailedLookups::default(),
            fd_names: trace::FdNames::default(),
        })
    }
}

/// The result of a function.
type WasiResult = Result<(), WasiError>;

/// The failure of a function.
enum WasiError {
    /// The guest gets an error number.
    Errno(Errno),
    /// The run ends.
    Trap(wasmi::Error),
}

impl From<Errno> for WasiError {
    fn from(errno: Errno) -> Self {
        match errno {
            // Any other interruption is retried.
            Errno::INTR if stop::is_requested() => {
                Self::Trap(wasmi::Error::new("the run was stopped"))
            }
            errno => Self::Errno(errno),
        }
    }
}

impl From<HostErrno> for WasiError {
    fn from(error: HostErrno) -> Self {
        Self::from(Errno::from(error))
    }
}

impl From<std::io::Error> for WasiError {
    fn from(error: std::io::Error) -> Self {
        Self::from(Errno::from(error))
    }
}

/// A call of a function: the state of the run and the memory of the caller.
struct Call<'c> {
    wasi: &'c mut Wasi,
    memory: &'c mut GuestMemory<'c>,
}

/// Calls a function. `traced` describes the call for an observer.
#[inline(always)]
fn enter(
    mut caller: Caller<'_, Host>,
    observer: Option<&FunctionObserver>,
    traced: impl Fn() -> TracedCall,
    function: impl Fn(Call<'_>) -> WasiResult,
) -> Result<u32, wasmi::Error> {
    let memory = memory_of(&caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut caller);
    let wasi = &mut host.wasi;
    let result = match observer {
        None => function(Call {
            wasi,
            memory: &mut GuestMemory::new(bytes),
        }),
        Some(observer) => trace::observe(wasi, bytes, observer, &traced(), &function),
    };
    match result {
        Ok(()) => Ok(0),
        Err(WasiError::Errno(errno)) => Ok(u32::from(errno.code())),
        Err(WasiError::Trap(trap)) => Err(trap),
    }
}

#[inline(always)]
fn memory_of(caller: &Caller<'_, Host>) -> Result<Memory, wasmi::Error> {
    let only = caller.data().only_memory;
    let exported = || caller.get_export("memory").and_then(Extern::into_memory);
    only.or_else(exported)
        .ok_or_else(|| wasmi::Error::new("the caller has no memory"))
}

/// The function with a name in one of WASI's modules, if there is one. Its calls are observed if the run's calls are.
pub(super) fn function(store: &mut Store<Host>, module: &str, name: &str) -> Option<Func> {
    let name = match module {
        _ if name.starts_with(unstable::PREFIX) => return None,
        MODULE => name,
        unstable::MODULE => unstable::table_name(name),
        _ => return None,
    };
    let observer = store.data().observer.function(name);
    table_function(store, name, observer)
}

/// Defines the functions: `module::name(parameters) [formats of the parameters in a trace] waits -> format of the
/// result`. `pointer[length]: u32` are two parameters that the function gets as one [`Slice`]. `waits` marks a call that
/// may block. A function cannot be added without its trace, and the compiler reports a parameter that the trace omits as
/// an unused variable.
macro_rules! functions {
    ($($module:ident :: $function:ident ( $($parameter:ident $([$length:ident])?: $ty:ty),* )
        [ $($format:expr),* ] $($waits:ident)? -> $result:expr ;)+) => {
        /// The function with a name in this table.
        fn table_function(
            store: &mut Store<Host>,
            name: &str,
            observer: Option<FunctionObserver>,
        ) -> Option<Func> {
            Some(match name {
                "proc_exit" => Func::wrap(store, move |rval: i32| {
                    if let Some(observer) = &observer {
                        trace::record_exit(observer, || format!("proc_exit({rval})"));
                    }
                    process::proc_exit(rval)
                }),
                $(stringify!($function) => Func::wrap(
                    store,
                    move |caller: Caller<'_, Host>, $($parameter: $ty $(, $length: $ty)?),*| {
                        let traced = || traced::$function($($parameter $(, $length)?),*);
                        enter(caller, observer.as_ref(), traced, |call| {
                            $($(let $parameter = Slice { pointer: $parameter, length: $length };)?)*
                            $module::$function(call, $($parameter),*)
                        })
                    },
                ),)+
                _ => return None,
            })
        }

        /// Calls of the functions, for a trace.
        #[allow(clippy::too_many_arguments, reason = "the parameters are WASI's")]
        mod traced {
            use super::enumerations::{Advice, Clockid, Enumeration as _, Signal, Whence};
            use super::flags::{Fdflags, Lookupflags, Oflags, Riflags, Sdflags, Siflags};
            use super::trace::{ParamFormat::*, ResultFormat::*, TracedCall, flag_names};
            use super::{Slice, unstable};
            use smallvec::smallvec;

            $(pub(super) fn $function($($parameter: $ty $(, $length: $ty)?),*) -> TracedCall {
                $($(let $parameter = Slice { pointer: $parameter, length: $length };)?)*
                TracedCall {
                    name: stringify!($function),
                    params: smallvec![$($format),*],
                    may_wait: !stringify!($($waits)?).is_empty(),
                    result: $result,
                }
            })+

            /// A call of each function. Each parameter is `value`, or the maximum of its type if that is smaller.
            #[cfg(test)]
            pub(super) fn all(value: u64) -> Vec<TracedCall> {
                vec![$($function($(
                    value.min(<$ty>::MAX.into()) as $ty
                    $(, { let $length = value.min(<$ty>::MAX.into()) as $ty; $length })?
                ),*)),+]
            }
        }
    };
}

functions! {
    args_and_env::args_get(argv: u32, argv_buf: u32) [] -> Args(argv, argv_buf);
    args_and_env::args_sizes_get(argc: u32, argv_buf_size: u32) [] -> Sizes(argc, argv_buf_size);
    args_and_env::environ_get(environ: u32, environ_buf: u32) [] -> Environ(environ, environ_buf);
    args_and_env::environ_sizes_get(environc: u32, environ_buf_size: u32) [] -> Sizes(environc, environ_buf_size);
    clock::clock_res_get(id: u32, resolution: u32) [Code(id, Clockid::name_of)] -> Resolution(resolution);
    clock::clock_time_get(id: u32, precision: u64, time: u32)
        [Code(id, Clockid::name_of), Number(precision)] -> Time(id, time);
    random::random_get(buf[buf_len]: u32) [Number(buf.length.into())] -> Bytes(buf);
    process::proc_raise(sig: u32) [Code(sig, Signal::name_of)] -> Success;
    process::sched_yield() [] -> Success;
    poll::poll_oneoff(r#in: u32, out: u32, nsubscriptions: u32, nevents: u32)
        [Subscriptions(Slice { pointer: r#in, length: nsubscriptions })] waits -> Events(out, nevents, nsubscriptions);
    table::fd_close(fd: u32) [Fd(fd)] -> Success;
    table::fd_renumber(fd: u32, to: u32) [Fd(fd), Fd(to)] -> Renumbered(fd, to);
    table::fd_fdstat_set_rights(fd: u32, fs_rights_base: u64, fs_rights_inheriting: u64)
        [Fd(fd), Rights(fs_rights_base), Rights(fs_rights_inheriting)] -> Success;
    mount::fd_prestat_get(fd: u32, prestat: u32) [Fd(fd)] -> Prestat(prestat);
    mount::fd_prestat_dir_name(fd: u32, path[path_len]: u32)
        [Fd(fd), Number(path.length.into())] -> MountName(fd, path.pointer);
    stat::fd_fdstat_get(fd: u32, stat: u32) [Fd(fd)] -> Fdstat(stat);
    stat::fd_filestat_get(fd: u32, stat: u32) [Fd(fd)] -> Filestat(stat);
    stat::fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32)
        [Fd(fd), Times(atim, mtim, fst_flags)] -> Success;
    stat::fd_fdstat_set_flags(fd: u32, flags: u32) [Fd(fd), Code(flags, flag_names::<Fdflags>)] -> Success;
    storage::fd_filestat_set_size(fd: u32, size: u64) [Fd(fd), Number(size)] -> Success;
    storage::fd_advise(fd: u32, offset: u64, len: u64, advice: u32)
        [Fd(fd), Number(offset), Number(len), Code(advice, Advice::name_of)] -> Success;
    storage::fd_allocate(fd: u32, offset: u64, len: u64) [Fd(fd), Number(offset), Number(len)] -> Success;
    storage::fd_datasync(fd: u32) [Fd(fd)] waits -> Success;
    storage::fd_sync(fd: u32) [Fd(fd)] waits -> Success;
    io::fd_read(fd: u32, iovs[iovs_len]: u32, nread: u32) [Fd(fd), Iovecs(iovs)] waits -> Read(iovs, nread);
    io::fd_write(fd: u32, iovs[iovs_len]: u32, nwritten: u32) [Fd(fd), Ciovecs(iovs)] waits -> Written(nwritten);
    io::fd_pread(fd: u32, iovs[iovs_len]: u32, offset: u64, nread: u32)
        [Fd(fd), Iovecs(iovs), Number(offset)] waits -> Read(iovs, nread);
    io::fd_pwrite(fd: u32, iovs[iovs_len]: u32, offset: u64, nwritten: u32)
        [Fd(fd), Ciovecs(iovs), Number(offset)] waits -> Written(nwritten);
    io::fd_seek(fd: u32, offset: u64, whence: u32, newoffset: u32)
        [Fd(fd), SignedNumber(offset), Code(whence, Whence::name_of)] -> Offset(newoffset);
    io::fd_tell(fd: u32, offset: u32) [Fd(fd)] -> Offset(offset);
    listing::fd_readdir(fd: u32, buf[buf_len]: u32, cookie: u64, bufused: u32)
        [Fd(fd), Number(buf.length.into()), Number(cookie)] -> Dirents(buf, bufused);
    path::path_create_directory(fd: u32, path[path_len]: u32) [Fd(fd), Path(path)] -> Success;
    path::path_filestat_get(fd: u32, flags: u32, path[path_len]: u32, stat: u32)
        [Fd(fd), Code(flags, flag_names::<Lookupflags>), Path(path)] -> Filestat(stat);
    path::path_filestat_set_times(fd: u32, flags: u32, path[path_len]: u32, atim: u64, mtim: u64, fst_flags: u32)
        [Fd(fd), Code(flags, flag_names::<Lookupflags>), Path(path), Times(atim, mtim, fst_flags)] -> Success;
    path::path_link(old_fd: u32, old_flags: u32, old_path[old_path_len]: u32, new_fd: u32, new_path[new_path_len]: u32)
        [Fd(old_fd), Code(old_flags, flag_names::<Lookupflags>), Path(old_path), Fd(new_fd), Path(new_path)] -> Success;
    path::path_open(fd: u32, dirflags: u32, path[path_len]: u32, oflags: u32,
        fs_rights_base: u64, fs_rights_inheriting: u64, fdflags: u32, opened_fd: u32)
        [Fd(fd), Code(dirflags, flag_names::<Lookupflags>), Path(path), Code(oflags, flag_names::<Oflags>),
            Rights(fs_rights_base), Rights(fs_rights_inheriting), Code(fdflags, flag_names::<Fdflags>)]
        waits -> Opened(fd, path, opened_fd);
    path::path_readlink(fd: u32, path[path_len]: u32, buf[buf_len]: u32, bufused: u32)
        [Fd(fd), Path(path), Number(buf.length.into())] -> LinkContent(buf.pointer, bufused);
    path::path_remove_directory(fd: u32, path[path_len]: u32) [Fd(fd), Path(path)] -> Success;
    path::path_rename(fd: u32, old_path[old_path_len]: u32, new_fd: u32, new_path[new_path_len]: u32)
        [Fd(fd), Path(old_path), Fd(new_fd), Path(new_path)] -> Success;
    path::path_symlink(old_path[old_path_len]: u32, fd: u32, new_path[new_path_len]: u32)
        [Path(old_path), Fd(fd), Path(new_path)] -> Success;
    path::path_unlink_file(fd: u32, path[path_len]: u32) [Fd(fd), Path(path)] -> Success;
    unstable::unstable_poll_oneoff(r#in: u32, out: u32, nsubscriptions: u32, nevents: u32)
        [Number(r#in.into()), Number(nsubscriptions.into())] waits -> Events(out, nevents, nsubscriptions);
    unstable::unstable_fd_filestat_get(fd: u32, _stat: u32) [Fd(fd)] -> Success;
    unstable::unstable_path_filestat_get(fd: u32, flags: u32, path[path_len]: u32, _stat: u32)
        [Fd(fd), Code(flags, flag_names::<Lookupflags>), Path(path)] -> Success;
    unstable::unstable_fd_seek(fd: u32, offset: u64, whence: u32, newoffset: u32)
        [Fd(fd), SignedNumber(offset), Code(unstable::whence(whence), Whence::name_of)] -> Offset(newoffset);
    // There are no sockets, so these calls never succeed and never write a result.
    socket::sock_accept(fd: u32, flags: u32, _accepted_fd: u32) [Fd(fd), Code(flags, flag_names::<Fdflags>)] -> Success;
    socket::sock_recv(fd: u32, ri_data[ri_data_len]: u32, ri_flags: u32, _nread: u32, _ro_flags: u32)
        [Fd(fd), Iovecs(ri_data), Code(ri_flags, flag_names::<Riflags>)] -> Success;
    socket::sock_send(fd: u32, si_data[si_data_len]: u32, si_flags: u32, _nwritten: u32)
        [Fd(fd), Ciovecs(si_data), Code(si_flags, flag_names::<Siflags>)] -> Success;
    socket::sock_shutdown(fd: u32, how: u32) [Fd(fd), Code(how, flag_names::<Sdflags>)] -> Success;
}
