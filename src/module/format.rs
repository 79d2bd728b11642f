//! Recognises the binary and the text format of modules by the content of a file. For other files, guesses the type,
//! for a hint in the message.

use crate::error::Error;
use std::path::Path;

/// The formats of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Binary,
    Text,
}

/// A file that is not a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotModule {
    Empty,
    Component,
    Version(u32),
    GoSource,
    NativeProgram,
    Compressed,
    Unknown,
}

const MAGIC: &[u8] = b"\0asm";

/// The byte order mark that some editors on Windows write.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The start of a line that makes a text file executable, as in `#!/usr/bin/env tinyrun`.
const SCRIPT: &[u8] = b"#!";

/// Recognises a file by its first bytes.
pub(super) fn recognise(head: &[u8]) -> Result<Format, NotModule> {
    if head.is_empty() {
        return Err(NotModule::Empty);
    }
    if let Some(rest) = head.strip_prefix(MAGIC) {
        // A component has another number in the upper half of the version, the layer:
        // <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>. The parser reports a truncated
        // version.
        return match rest.first_chunk() {
            None | Some([1, 0, 0, 0]) => Ok(Format::Binary),
            Some([_, _, 1, 0]) => Err(NotModule::Component),
            Some(version) => Err(NotModule::Version(u32::from_le_bytes(*version))),
        };
    }
    let text = skip_comments_and_space(head);
    if text.starts_with(b"(component") {
        return Err(NotModule::Component);
    }
    let is_blank = text.is_empty() && !head.contains(&0) && !head.starts_with(SCRIPT);
    if text.starts_with(b"(") || is_blank {
        return Ok(Format::Text);
    }
    Err(guess(head, text))
}

/// Converts a module from the text format to the binary format.
pub(super) fn assemble(text: &[u8], name: &str) -> Result<Vec<u8>, AssembleError> {
    let wasm = wat::Parser::new()
        .parse_bytes(Some(Path::new(name)), skip_first_line(text))
        .map_err(AssembleError::Text)?
        .into_owned();
    // The text may define a component, or quote arbitrary bytes.
    recognise(&wasm).map_err(AssembleError::NotModule)?;
    Ok(wasm)
}

/// The reason why text cannot be assembled.
#[derive(Debug)]
pub(super) enum AssembleError {
    Text(wat::Error),
    NotModule(NotModule),
}

impl AssembleError {
    pub(super) fn explain(self, name: &str) -> Error {
        match self {
            Self::Text(error) => {
                // The message has several lines, which show the position.
                Error::module(format!("{name} is not a valid module"))
                    .details(error.to_string().lines())
            }
            Self::NotModule(not_module) => not_module.explain(name),
        }
    }
}

impl NotModule {
    pub(super) fn explain(self, name: &str) -> Error {
        let not_wasm = || Error::module(format!("{name} is not a wasm module"));
        match self {
            Self::Empty => Error::module(format!("{name} is empty")),
            Self::Component => Error::module(format!("{name} is a component, not a core module"))
                .hint("build it with -target=wasip1 instead of -target=wasip2"),
            Self::Version(version) => Error::module(format!(
                "{name} has version {version} of the wasm format; tinyrun supports version 1"
            )),
            Self::GoSource => not_wasm()
                .detail("it looks like Go source")
                .hint("compile it first: tinygo build -o program.wasm -target=wasip1 PACKAGE"),
            Self::NativeProgram => not_wasm()
                .detail("it looks like a program for this machine, or a script")
                .hint("compile it with -target=wasip1 (TinyGo) or GOOS=wasip1 GOARCH=wasm (Go)"),
            Self::Compressed => not_wasm()
                .detail("it is compressed")
                .hint("unpack it first, for example: gzip -dc FILE | tinyrun -"),
            Self::Unknown => not_wasm(),
        }
    }
}

/// Guesses the type of a file by its first bytes. `text` is `head` without leading comments.
fn guess(head: &[u8], text: &[u8]) -> NotModule {
    let starts = |magics: &[&[u8]]| magics.iter().any(|magic| head.starts_with(magic));
    let clause = b"\npackage ";
    if text.starts_with(&clause[1..]) || head.windows(clause.len()).any(|line| line == clause) {
        NotModule::GoSource
    } else if starts(&[
        b"\x7fELF",
        b"MZ",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        SCRIPT,
    ]) {
        NotModule::NativeProgram
    } else if starts(&[
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
        b"PK\x03\x04",
        b"BZh",
        b"\xfd7zXZ",
    ]) {
        NotModule::Compressed
    } else {
        NotModule::Unknown
    }
}

/// Skips leading white space and `;;` comments. A `(; … ;)` comment starts with a parenthesis, as a module does, and
/// does not have to be skipped.
fn skip_comments_and_space(mut text: &[u8]) -> &[u8] {
    text = skip_first_line(text);
    loop {
        text = text.trim_ascii_start();
        if !text.starts_with(b";;") {
            return text;
        }
        let end = text.iter().position(|byte| *byte == b'\n');
        text = &text[end.unwrap_or(text.len())..];
    }
}

/// Skips a byte order mark and the text of a `#!` line, which are not part of the format. The end of the line is kept, so
/// that messages count the lines of the file.
fn skip_first_line(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    if !text.starts_with(SCRIPT) {
        return text;
    }
    let end = text.iter().position(|byte| *byte == b'\n');
    &text[end.unwrap_or(text.len())..]
}

#[cfg(test)]
mod tests {
    use super::{Format, NotModule, recognise};

    #[test]
    fn format_is_recognised_by_content() {
        let long_comment = format!(";;{}", "x".repeat(5_000));
        for (content, format) in [
            (b"\0asm\x01\0\0\0".as_slice(), Ok(Format::Binary)),
            (b"\0asm", Ok(Format::Binary)),
            (b"\0asm\x0d\0\x01\0", Err(NotModule::Component)),
            (b"\0asm\x02\0\0\0", Err(NotModule::Version(2))),
            (b"(module)", Ok(Format::Text)),
            (b" \n;; a comment\n\t(module)", Ok(Format::Text)),
            (b"(; a comment ;) (module)", Ok(Format::Text)),
            (b"\xef\xbb\xbf(module)", Ok(Format::Text)),
            (b"#!/usr/bin/env tinyrun\n(module)", Ok(Format::Text)),
            (long_comment.as_bytes(), Ok(Format::Text)),
            (b"(component)", Err(NotModule::Component)),
            (b"", Err(NotModule::Empty)),
            (b"\0", Err(NotModule::Unknown)),
            (b"hello", Err(NotModule::Unknown)),
            (b"package main\n", Err(NotModule::GoSource)),
            (b"// Command x.\npackage main\n", Err(NotModule::GoSource)),
            (b"\x7fELF\x02", Err(NotModule::NativeProgram)),
            (b"#!/bin/sh\n", Err(NotModule::NativeProgram)),
            (b"\x1f\x8b\x08", Err(NotModule::Compressed)),
        ] {
            assert_eq!(recognise(content), format, "{}", content.escape_ascii());
        }
    }
}
