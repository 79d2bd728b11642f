//! A process without `openat2`, as on other systems and older versions of Linux.

use std::io;

/// Makes `openat2` fail with `ENOSYS` in this process and those that it starts.
pub(crate) fn deny() -> io::Result<()> {
    const NUMBER: u32 = std::mem::offset_of!(libc::seccomp_data, nr) as u32;
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    let equals = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let result = (libc::BPF_RET | libc::BPF_K) as u16;
    let no_such_call = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    // SAFETY: these functions only make values.
    let mut filter = unsafe {
        [
            libc::BPF_STMT(load, NUMBER),
            libc::BPF_JUMP(equals, libc::SYS_openat2 as u32, 0, 1),
            libc::BPF_STMT(result, no_such_call),
            libc::BPF_STMT(result, libc::SECCOMP_RET_ALLOW),
        ]
    };
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the calls change only this process, and `program` outlives them.
    let results = unsafe {
        [
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
        ]
    };
    match results {
        [0, 0] => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
