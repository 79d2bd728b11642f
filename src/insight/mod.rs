//! What an instrumented run recorded, in Go's terms: backtraces and profiles.

mod backtrace;
mod frame;
mod go_name;
mod profile;
mod symbols;

pub use backtrace::{Backtrace, Precision, backtrace};
pub use frame::{Aim, Frame, Origin};
pub use profile::{Cost, Place, PlaceId, Profile, Samples};
