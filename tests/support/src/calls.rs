//! Lists of WASI calls with their expected results: the files `testdata/wasi/*.calls`.
//!
//!     # A comment.
//!     $ printf abc > file                         a command with its output, as in a session
//!     $ tinyrun --dir .::/ CALLS                  runs a program that makes the following calls
//!     path_open 3 - "file" - FD_READ - - > = 4
//!     fd_read 4 {5} > = 3 "abc"
//!
//! The arguments of a call are numbers, names of flags joined by `|` (`-` for no flags), and notations for an address
//! and a length, or for an address alone:
//!
//!     "text"             the text
//!     {"ab" "c"} {5 3*9} buffers to write from, or one buffer of 5 and nine of 3 bytes to read into; the
//!                        bytes that were read are a result
//!     text[9] names[9]   a buffer of 9 bytes, printed as text or as the sorted names of a listing
//!     > >> >stat >times >fdstat    the address for a number of 32 or 64 bits, or for a file's attributes
//!     wait[read:0 MONOTONIC:+5ms]  subscriptions, events and their number
//!
//! The result is after `=`: an error, values, or `ok`.

mod answer;
mod program;
mod words;

use crate::{session, shell};
use anyhow::{Context, Result};
pub use program::Program;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

/// A command of a list, with the calls of its program.
pub struct Step<'a> {
    pub command: &'a str,
    pub calls: Vec<&'a str>,
}

/// A line of a list, without the output of commands.
pub enum Line<'a> {
    /// A comment or an empty line.
    Comment(&'a str),
    Step(Step<'a>),
}

/// The lines of a list.
pub fn parse(list: &str) -> Vec<Line<'_>> {
    let mut parsed = Vec::new();
    let mut lines = list.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let is_call = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
            let mut calls = Vec::new();
            while command.contains("CALLS") && lines.peek().is_some_and(is_call) {
                calls.extend(lines.next());
            }
            parsed.push(Line::Step(Step { command, calls }));
        } else if line.is_empty() || line.starts_with('#') {
            parsed.push(Line::Comment(line));
        }
    }
    parsed
}

impl Step<'_> {
    /// Runs the command in `dir`, with the `tinyrun` of `bin_dir`. Returns the calls with their results, and the output
    /// of the command. If the program fails, the calls have no results.
    pub fn run(&self, bin_dir: &Path, dir: &Path) -> Result<String> {
        let program = Program::new(&self.calls)?;
        let parent = dir.parent().context("the directory has no parent")?;
        fs::write(parent.join("calls.wat"), program.wat())?;
        let command = self.command.replace("CALLS", "../calls.wat");
        let output = shell::command_with(bin_dir, command, dir)
            .stdin(Stdio::null())
            .output()?;
        let mut stdout = output.stdout.clone();
        let mut text = String::new();
        if !self.calls.is_empty() && output.status.success() {
            // At its end, the program writes its memory.
            let end = stdout.len().checked_sub(program.output_bytes());
            let end = end.with_context(|| format!("{}: the program did not end", self.command))?;
            let memory = stdout.split_off(end);
            for line in program.answers(&memory) {
                text += &format!("{line}\n");
            }
        } else {
            for call in &self.calls {
                text += &format!("{call}\n");
            }
        }
        text += &session::format(&shell::Done::from(Output { stdout, ..output }));
        Ok(text)
    }
}
