//! The code section of a module: where its function bodies are, and a copy of the module with other bodies.

use super::bytes::{write_section, write_sized, write_u32};
use std::ops::Range;
use wasmparser::{BinaryReader, Chunk, CodeSectionReader, Parser, Payload};

/// The id of the code section.
const CODE: u8 = 10;

/// The offsets of a module's code section and of its function bodies.
#[derive(Debug)]
pub struct CodeSection {
    /// The section with its id and size.
    section: Range<usize>,
    /// The bodies, each without its size.
    bodies: Vec<Range<usize>>,
}

impl CodeSection {
    /// Finds the code section of a module; `None` where there is none or where it is malformed.
    pub fn find(wasm: &[u8]) -> Option<Self> {
        let mut parser = Parser::new(0);
        let mut offset = 0;
        loop {
            let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(&wasm[offset..], true)
            else {
                return None;
            };
            match payload {
                Payload::CodeSectionStart { range, .. } => {
                    let content = BinaryReader::new(wasm.get(range.clone())?, range.start);
                    let bodies = CodeSectionReader::new(content).ok()?.into_iter();
                    return Some(Self {
                        section: offset..range.end,
                        bodies: bodies
                            .map(|body| Some(body.ok()?.range()))
                            .collect::<Option<_>>()?,
                    });
                }
                Payload::End(_) => return None,
                _ => offset += consumed,
            }
        }
    }

    /// The bodies: the locals and the code of each function.
    pub fn bodies<'a>(&self, wasm: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.bodies.iter().map(|body| &wasm[body.clone()])
    }

    /// A copy of the module with other bodies, as many as there are.
    pub fn replace(&self, wasm: &[u8], bodies: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
        let mut module = Vec::with_capacity(wasm.len() + wasm.len() / 64);
        module.extend_from_slice(&wasm[..self.section.start]);
        write_section(&mut module, CODE, |content| {
            write_u32(content, self.bodies.len() as u32);
            bodies.for_each(|body| write_sized(content, body.as_ref()));
        });
        module.extend_from_slice(&wasm[self.section.end..]);
        module
    }
}
