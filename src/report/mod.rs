//! The output of the runner: messages on standard error, results on standard output, the report, a profile, and the
//! exit status. Also the output of `tinyrun inspect`.

pub mod atomic_file;
mod backtrace;
mod coverage;
mod exit_status;
mod final_message;
mod go_panic;
mod inspection;
mod message;
mod outcome_error;
mod printed_panic;
mod profile;
mod results;
mod run_report;
mod stats;
mod treemap;
mod xml;

pub use backtrace::BacktraceDepth;
pub use coverage::{CoverageError, CoverageFormat, EncodedCoverage, add_to as add_coverage_to};
pub use exit_status::ExitStatus;
pub use final_message::{
    panic_error, prepared_exits, print_final_error, print_final_message, without_backtrace_hint,
};
pub use inspection::Inspection;
pub use message::{
    BacktraceHint, RunContext, print_error, print_hint, print_late_backtrace, print_outcome,
    print_warning, printable,
};
pub use profile::{ProfileFormat, encode as encode_profile};
pub use results::write as write_results;
pub use run_report::{Usage, encode as encode_report};
pub use stats::{Stats, print as print_stats, time_text};
pub use treemap::draw as draw_treemap;
