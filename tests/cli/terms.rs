//! The names of WASI preview 1 as the files of calls have them.

/// The parameters of a call, `i` and `I` for 32 and 64 bits.
pub fn signature(call: &str) -> Option<&'static str> {
    Some(match call {
        "sched_yield" => "",
        "fd_close" | "fd_datasync" | "fd_sync" | "proc_raise" => "i",
        "args_get"
        | "args_sizes_get"
        | "clock_res_get"
        | "environ_get"
        | "environ_sizes_get"
        | "fd_fdstat_get"
        | "fd_fdstat_set_flags"
        | "fd_filestat_get"
        | "fd_prestat_get"
        | "fd_renumber"
        | "fd_tell"
        | "random_get"
        | "sock_shutdown" => "ii",
        "fd_filestat_set_size" => "iI",
        "clock_time_get" => "iIi",
        "fd_prestat_dir_name"
        | "path_create_directory"
        | "path_remove_directory"
        | "path_unlink_file"
        | "sock_accept" => "iii",
        "fd_allocate" | "fd_fdstat_set_rights" => "iII",
        "fd_read" | "fd_write" | "poll_oneoff" => "iiii",
        "fd_seek" => "iIii",
        "fd_advise" | "fd_filestat_set_times" => "iIIi",
        "path_filestat_get" | "path_symlink" | "sock_send" => "iiiii",
        "fd_pread" | "fd_pwrite" | "fd_readdir" => "iiiIi",
        "path_readlink" | "path_rename" | "sock_recv" => "iiiiii",
        "path_link" => "iiiiiii",
        "path_filestat_set_times" => "iiiiIIi",
        "path_open" => "iiiiiIIii",
        _ => return None,
    })
}

/// The names of flags. Rights have a list of their own.
pub const FLAGS: &[(&str, u64)] = &[
    ("follow", 1),
    ("create", 1),
    ("directory", 2),
    ("exclusive", 4),
    ("truncate", 8),
    ("append", 1),
    ("dsync", 2),
    ("nonblock", 4),
    ("rsync", 8),
    ("sync", 16),
    ("accessed", 1),
    ("accessed_now", 2),
    ("modified", 4),
    ("modified_now", 8),
    ("set", 0),
    ("current", 1),
    ("end", 2),
    ("realtime", 0),
    ("monotonic", 1),
    ("process", 2),
    ("thread", 3),
    ("all", u64::MAX),
];

/// The names of rights.
pub const RIGHTS: &[(&str, u64)] = &[
    ("datasync", 1 << 0),
    ("read", 1 << 1),
    ("seek", 1 << 2),
    ("set_flags", 1 << 3),
    ("fsync", 1 << 4),
    ("tell", 1 << 5),
    ("write", 1 << 6),
    ("advise", 1 << 7),
    ("allocate", 1 << 8),
    ("create_directory", 1 << 9),
    ("create_file", 1 << 10),
    ("link_source", 1 << 11),
    ("link_target", 1 << 12),
    ("open", 1 << 13),
    ("readdir", 1 << 14),
    ("readlink", 1 << 15),
    ("rename_source", 1 << 16),
    ("rename_target", 1 << 17),
    ("stat_path", 1 << 18),
    ("truncate_path", 1 << 19),
    ("set_times_path", 1 << 20),
    ("stat", 1 << 21),
    ("set_size", 1 << 22),
    ("set_times", 1 << 23),
    ("symlink", 1 << 24),
    ("remove_directory", 1 << 25),
    ("unlink_file", 1 << 26),
    ("poll", 1 << 27),
];

/// The names of file types.
pub const FILE_TYPES: [&str; 8] = [
    "unknown",
    "block",
    "character",
    "directory",
    "regular",
    "datagram",
    "stream",
    "symlink",
];

/// The names of errors.
pub const ERRORS: [&str; 77] = [
    "ok",
    "2BIG",
    "ACCES",
    "ADDRINUSE",
    "ADDRNOTAVAIL",
    "AFNOSUPPORT",
    "AGAIN",
    "ALREADY",
    "BADF",
    "BADMSG",
    "BUSY",
    "CANCELED",
    "CHILD",
    "CONNABORTED",
    "CONNREFUSED",
    "CONNRESET",
    "DEADLK",
    "DESTADDRREQ",
    "DOM",
    "DQUOT",
    "EXIST",
    "FAULT",
    "FBIG",
    "HOSTUNREACH",
    "IDRM",
    "ILSEQ",
    "INPROGRESS",
    "INTR",
    "INVAL",
    "IO",
    "ISCONN",
    "ISDIR",
    "LOOP",
    "MFILE",
    "MLINK",
    "MSGSIZE",
    "MULTIHOP",
    "NAMETOOLONG",
    "NETDOWN",
    "NETRESET",
    "NETUNREACH",
    "NFILE",
    "NOBUFS",
    "NODEV",
    "NOENT",
    "NOEXEC",
    "NOLCK",
    "NOLINK",
    "NOMEM",
    "NOMSG",
    "NOPROTOOPT",
    "NOSPC",
    "NOSYS",
    "NOTCONN",
    "NOTDIR",
    "NOTEMPTY",
    "NOTRECOVERABLE",
    "NOTSOCK",
    "NOTSUP",
    "NOTTY",
    "NXIO",
    "OVERFLOW",
    "OWNERDEAD",
    "PERM",
    "PIPE",
    "PROTO",
    "PROTONOSUPPORT",
    "PROTOTYPE",
    "RANGE",
    "ROFS",
    "SPIPE",
    "SRCH",
    "STALE",
    "TIMEDOUT",
    "TXTBSY",
    "XDEV",
    "NOTCAPABLE",
];
