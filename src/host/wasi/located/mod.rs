//! A file or directory that was found by its path but not opened: its attributes can be read and its timestamps set
//! without a permission for the file itself.

#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
mod by_name;
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod by_path_fd;

#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
pub(super) use by_name::Located;
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
pub(super) use by_path_fd::Located;
