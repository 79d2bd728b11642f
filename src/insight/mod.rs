//! Converts what an instrumented run recorded to backtraces and profiles with Go names and lines. This module uses a
//! module's sites, but knows neither how it was instrumented nor the engine.

mod allocations;
mod backtrace;
mod coverage;
mod frame;
mod function_names;
mod go_code;
mod go_name;
mod profile;
mod slots;
mod stack_table;
mod symbol;
mod symbolize;

pub use allocations::{AllocationCounts, Allocations};
pub use backtrace::{Backtrace, MissingSymbols, backtrace};
pub use coverage::{Coverage, CoveredFile, PackagePattern, SourcePackages, SourceState};
pub use frame::{Frame, InlinedCode, Origin, Precision};
pub use function_names::FunctionNames;
pub use go_name::GoNames;
pub use profile::{Cost, Location, LocationId, Profile, Samples};
pub use slots::TopSlot;
