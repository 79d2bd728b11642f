//! What to say of a run, and to whom: results to standard output, everything else to standard error,
//! and the exit status to the caller.

pub mod atomic_file;
mod failure;
mod final_message;
mod inspection;
mod json;
mod message;
mod panic;
mod profile;
mod results;
mod stack;
mod stats;
mod status;

pub use final_message::{
    panic_error, prepared_exits, print_final_error, print_final_message, without_stack_hint,
};
pub use inspection::Inspection;
pub use json::{Usage, encode as encode_json};
pub use message::{
    StackKept, Terms, bound_messages, error, hint, print_late_stack, printable, tell, warning,
};
pub use profile::{ProfileFormat, encode as encode_profile};
pub use results::print as print_results;
pub use stack::Depth;
pub use stats::{Stats, tell as tell_stats, time_in_words};
pub use status::ExitStatus;
