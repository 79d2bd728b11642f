//! What an instrumented run recorded, in Go's terms: backtraces and profiles. This room knows a module's sites,
//! but not how the module was instrumented, and not the engine.

mod backtrace;
mod frame;
mod go_name;
mod profile;
mod slots;
mod symbolize;

pub use backtrace::{Backtrace, backtrace};
pub use frame::{Frame, Origin, Precision};
pub use go_name::listed_name;
pub use profile::{Cost, Location, LocationId, Profile, Samples};
pub use slots::TopSlot;
