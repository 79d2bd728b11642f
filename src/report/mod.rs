//! What to say of a run, and to whom: results to standard output, everything else to standard error,
//! and the exit status to the caller.

mod failure;
mod inspection;
mod json;
pub mod last_word;
mod message;
pub mod output;
mod panic;
mod profile;
mod results;
mod stack;
mod stats;
mod status;

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
