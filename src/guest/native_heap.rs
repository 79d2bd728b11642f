//! The runner's own heap. glibc's `malloc` has the system clear pages for each large block, and gives them
//! back when the block is freed, which is most of what a short run asks of the system. While a module is
//! loaded, large blocks are therefore taken from the heap, where what the file was read into serves the
//! guest afterwards. Before the guest runs, that ends: its linear memory is one large block that grows, and
//! apart from the heap the system can move it without copying.

/// From which size on blocks are apart from the heap, in bytes: glibc's own figure, from `mallopt(3)`.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 128 << 10;

/// The largest that this can be set to, in bytes.
#[cfg(target_env = "gnu")]
const LARGEST: libc::c_int = 32 << 20;

/// Has large blocks taken from the heap, and kept there when they are freed.
pub fn keep_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes the allocator's lock, and only changes where later blocks come from.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGEST);
    }
}

/// Has large blocks that the heap has no room for put apart from it.
pub(super) fn grow_blocks_in_place() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes the allocator's lock, and only changes where later blocks come from.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}
