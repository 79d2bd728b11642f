//! Sets the thresholds of glibc's `malloc`. By default, each large block is mapped, and unmapped when it is freed,
//! which takes a considerable part of a short run. While a module is loaded, large blocks therefore come from the heap,
//! where the memory of the file's bytes is reused for the guest. Before the guest runs, the default is restored: its
//! linear memory is one large block, which the kernel can enlarge without copying if it is mapped. See
//! <https://man7.org/linux/man-pages/man3/mallopt.3.html>.

/// The size from which blocks are mapped by default, in bytes.
#[cfg(target_env = "gnu")]
const DEFAULT_THRESHOLD: libc::c_int = 128 << 10;

/// The largest threshold that can be set, in bytes.
#[cfg(target_env = "gnu")]
const MAX_THRESHOLD: libc::c_int = 32 << 20;

/// Allocates large blocks on the heap, and keeps them there when they are freed.
pub fn keep_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes the allocator's lock and affects only later allocations.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAX_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MAX_THRESHOLD);
    }
}

/// Maps new large blocks, unless they fit into the free memory of the heap.
pub(super) fn grow_blocks_in_place() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes the allocator's lock and affects only later allocations.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, DEFAULT_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, DEFAULT_THRESHOLD);
    }
}
