//! The grammars of option values, one per file. Each parser returns plain data, or what is wrong and what to
//! write instead.

pub mod allocator;
pub mod coverage_path;
pub mod duration;
pub mod env_file;
pub mod env_var;
pub mod format_path;
pub mod import_rule;
mod init;
pub mod mount;
pub mod number;
pub mod output_path;
pub mod preload;
pub mod profile_path;
pub mod size;
pub mod svg_path;
pub mod timestamp;
pub mod value_error;

use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use std::ffi::OsStr;
use value_error::ValueError;

/// A parser of values that need not be UTF-8.
pub(super) fn os_parser<T: Clone + Send + Sync + 'static>(
    parse: impl Fn(&OsStr) -> Result<T, ValueError> + Clone + Send + Sync + 'static,
) -> ValueParser {
    OsStringValueParser::new()
        .try_map(move |text| parse(&text))
        .into()
}
