//! Everything that is typed: the grammars of options and of calls, and whole command lines.

#![no_main]

use clap::Parser;
use libfuzzer_sys::fuzz_target;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use tinyrun::cli::import_rule::ImportRule;
use tinyrun::cli::mount::{Access, Mount};
use tinyrun::cli::preload::Preload;
use tinyrun::cli::{Cli, EnvVar, Size, call, clock, duration, env_file, number};

fuzz_target!(|bytes: &[u8]| {
    let words = bytes.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let _ = Cli::try_parse_from([OsStr::new("tinyrun")].into_iter().chain(words));
    let typed = OsStr::from_bytes(bytes);
    let _ = Mount::parse(typed, Access::ReadOnly);
    let _ = Preload::parse(typed);
    let _ = env_file::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = call::Call::parse(text);
        let _ = Size::parse(text);
        let _ = clock::parse(text);
        let _ = duration::parse(text);
        let _ = EnvVar::parse(text);
        let _ = ImportRule::parse(text);
        let _ = number::parse_i32(text);
        let _ = number::parse_i64(text);
        let _ = number::parse_f32(text);
        let _ = number::parse_f64(text);
    }
});
