//! WASI preview 1: its functions, and the context that they share, with arguments, environment,
//! standard streams and mounted directories. The context is wasi-common's, which keeps its file
//! table to itself and so decides much about files for us.

use super::stdio::{Seen, Stream};
use super::{Host, World};
use crate::cli::Mount;
use crate::error::Error;
use wasmi::{Func, Store};
use wasmi_wasi::snapshots::preview_1::wrapped;
use wasmi_wasi::sync::{Dir, WasiCtxBuilder, ambient_authority};

pub(super) type Context = wasmi_wasi::WasiCtx;

/// The module name under which programs import WASI.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// Opens a world.
pub(super) fn context(world: &World, seen: &Seen) -> Result<Context, Error> {
    let mut builder = WasiCtxBuilder::new();
    let unfit =
        |what: &str| Error::command_line(format!("{what} are too many or too long for WASI"));
    builder
        .args(&world.args)
        .map_err(|_| unfit("the program's arguments"))?;
    builder
        .envs(&world.env)
        .map_err(|_| unfit("the program's variables"))?;
    builder.stdin(Box::new(Stream::Input));
    builder.stdout(Box::new(Stream::Output(seen.clone())));
    builder.stderr(Box::new(Stream::Error(seen.clone())));
    for mount in &world.mounts {
        let dir = open(mount)?;
        log::info!("mounted {} as {}", mount.host.display(), mount.guest);
        builder
            .preopened_dir(dir, &mount.guest)
            .map_err(|error| cannot_mount(mount).detail(error))?;
    }
    Ok(builder.build())
}

fn open(mount: &Mount) -> Result<Dir, Error> {
    Dir::open_ambient_dir(&mount.host, ambient_authority())
        .map_err(|error| cannot_mount(mount).detail(error))
}

fn cannot_mount(mount: &Mount) -> Error {
    let host = mount.host.display().to_string();
    let error = Error::command_line(format!("--dir {host} cannot be mounted"));
    match host.split_once(':') {
        Some((host, guest)) if !guest.is_empty() => {
            error.hint(format!("two colons part the names: --dir {host}::{guest}"))
        }
        _ => error,
    }
}

/// Exits the guest. wasi-common takes a code of 126 or above for an error, so this one is ours.
fn proc_exit(code: i32) -> Result<(), wasmi::Error> {
    Err(wasmi::Error::i32_exit(code))
}

/// Defines `function`, which makes a WASI function by its name.
macro_rules! functions {
    ($($function:ident)+) => {
        /// The WASI function of this name, where there is one. Only what a module imports is made.
        pub(super) fn function(store: &mut Store<Host>, name: &str) -> Option<Func> {
            Some(match name {
                "proc_exit" => Func::wrap(store, proc_exit),
                $(stringify!($function) => {
                    Func::wrap(store, wrapped::$function(|host: &mut Host| &mut host.wasi))
                })+
                _ => return None,
            })
        }
    };
}

functions!(
        args_get args_sizes_get
        clock_res_get clock_time_get
        environ_get environ_sizes_get
        fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags
        fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times
        fd_pread fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber
        fd_seek fd_sync fd_tell fd_write
        path_create_directory path_filestat_get path_filestat_set_times path_link path_open
        path_readlink path_remove_directory path_rename path_symlink path_unlink_file
        poll_oneoff proc_raise random_get sched_yield
        sock_accept sock_recv sock_send sock_shutdown
);
