//! poll(2), which does not support devices on macOS, terminals included:
//! <https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/poll.2.html>, "BUGS".

#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
mod select;

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
pub use rustix::event::{PollFd, poll};
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
pub use select::{PollFd, poll};
