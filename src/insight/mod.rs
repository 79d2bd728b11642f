//! What can be known of a run from within. The module is rewritten, so that it keeps account of where it
//! is in a place that it cannot reach; what the account says is read afterwards, and told in Go's terms.

mod backtrace;
mod body;
mod frame;
mod go_name;
mod operator;
mod profile;
mod references;
mod rewrite;
mod section;
mod site;
mod survey;
mod symbols;
mod tracked;
mod types;

pub use backtrace::{Backtrace, Precision, backtrace};
pub use frame::{Aim, Frame, Origin};
pub use operator::Unfit;
pub use profile::{Cost, Place, PlaceId, Profile, Samples};
pub use rewrite::rewrite;
pub use tracked::Tracked;
