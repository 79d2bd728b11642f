//! What to say of a run, and to whom: results to standard output, everything else to standard error,
//! and the exit status to the caller.

mod failure;
mod inspection;
mod json;
pub mod last_word;
mod message;
mod results;
mod status;

pub use inspection::Inspection;
pub use json::{Usage, write as write_json};
pub use message::{Terms, error, hint, printable, tell, warning};
pub use results::print as print_results;
pub use status::ExitStatus;
