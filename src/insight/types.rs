//! The types of a module's functions, and those that rewriting adds.

use super::body::NOTHING;
use super::operator::Unfit;
use super::section::{TYPE, write_with};
use crate::module::bytes::{Reader, write_sized, write_u32};
use std::collections::HashMap;

/// What a function's type begins with.
const FUNCTION_TYPE: u8 = 0x60;

/// A function's type: how many parameters it has, and the types of its results.
pub(super) struct Type<'a> {
    pub(super) params: u32,
    pub(super) results: &'a [u8],
}

pub(super) fn types(section: &[u8]) -> Result<Vec<Type<'_>>, Unfit> {
    let mut types = Vec::new();
    if section.is_empty() {
        return Ok(types);
    }
    let mut reader = Reader::new(section);
    for _ in 0..reader.u32()? {
        if reader.byte()? != FUNCTION_TYPE {
            return Err(Unfit::Invalid);
        }
        let params = reader.sized()?.len() as u32;
        let results = reader.sized()?;
        // A type of more bytes than one would be read as several.
        if !results.iter().all(|ty| (0x6f..=0x7f).contains(ty)) {
            return Err(Unfit::Invalid);
        }
        types.push(Type { params, results });
    }
    Ok(types)
}

/// The types that the rewritten module has besides.
pub(super) struct AddedTypes<'a> {
    own: u32,
    /// Their parameters and results.
    added: Vec<(&'a [u8], &'a [u8])>,
    /// Their places among those, so that a module with many types is searched for none of them.
    known: HashMap<(&'a [u8], &'a [u8]), u32>,
}

impl<'a> AddedTypes<'a> {
    pub(super) fn new(types: &[Type<'a>]) -> Self {
        Self {
            own: types.len() as u32,
            added: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub(super) fn index(&mut self, params: &'a [u8], results: &'a [u8]) -> u32 {
        let next = self.added.len() as u32;
        let index = *self.known.entry((params, results)).or_insert(next);
        if index == next {
            self.added.push((params, results));
        }
        self.own + index
    }

    /// The type of a block that has a function's results: a byte where there is one at the most, and else
    /// the index of a type.
    pub(super) fn block(&mut self, results: &'a [u8]) -> Vec<u8> {
        match results {
            [] => vec![NOTHING],
            [one] => vec![*one],
            several => signed_index(self.index(&[], several)),
        }
    }

    pub(super) fn write(&self, section: &[u8], to: &mut Vec<u8>) -> Result<(), Unfit> {
        let mut types = Vec::new();
        for (params, results) in &self.added {
            types.push(FUNCTION_TYPE);
            write_sized(&mut types, params);
            write_sized(&mut types, results);
        }
        write_with(to, TYPE, section, self.added.len() as u32, &types)
    }
}

/// An index where a negative number would be a type: with the sign's bit free.
fn signed_index(index: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_u32(&mut bytes, index);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}
