//! Sets the thresholds of glibc's `malloc`. By default, each block of 128 KiB is mapped, and unmapped when it is freed,
//! and the page faults for it take 5 % of the start of a program. Blocks that are
//! not [large](super::large_blocks) therefore come from the heap, so that the guest gets memory that the module's file
//! was read into. See <https://man7.org/linux/man-pages/man3/mallopt.3.html>.

/// The largest threshold that can be set, in bytes.
#[cfg(target_env = "gnu")]
const MAX_THRESHOLD: libc::c_int = 32 << 20;

/// Allocates all but large blocks on the heap, and keeps them there when they are freed.
pub fn keep_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes the allocator's lock and affects only later allocations.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAX_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MAX_THRESHOLD);
    }
}
