//! Parses option values, calls and whole command lines.

#![no_main]

use clap::Parser;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use tinyrun::cli::Cli;
use tinyrun::call_expr::CallExpr;
use tinyrun::cli::values::env_var::EnvVar;
use tinyrun::cli::values::preload::Preload;
use tinyrun::cli::values::{duration, env_file, import_rule, mount, size, timestamp};
use tinyrun::go_literals::number;
use tinyrun::host::Access;

fuzz_target!(|bytes: &[u8]| {
    let words = bytes.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let _ = Cli::try_parse_from([OsStr::new("tinyrun")].into_iter().chain(words));
    let typed = OsStr::from_bytes(bytes);
    let _ = mount::parse(typed, Access::ReadOnly);
    let _ = Preload::parse(typed);
    let _ = env_file::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = CallExpr::parse(text);
        let _ = size::parse(text);
        let _ = timestamp::parse(text);
        let _ = duration::parse(text);
        let _ = EnvVar::parse(text);
        let _ = import_rule::parse(text);
        let _ = number::parse_i32(text);
        let _ = number::parse_i64(text);
        let _ = number::parse_float::<f32>(text);
        let _ = number::parse_float::<f64>(text);
    }
});
