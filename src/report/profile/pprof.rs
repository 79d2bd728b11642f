//! Profiles for `go tool pprof`: the message `Profile` of
//! <https://github.com/google/pprof/blob/main/proto/profile.proto>, compressed with gzip. The few fields are
//! encoded here according to <https://protobuf.dev/programming-guides/encoding/>. Using a library would need a compiler
//! for the `.proto` file, or as much code.

use super::without_wrappers;
use crate::insight::{Frame, Location, LocationId, Profile};
use flate2::{Compression, GzBuilder};
use std::collections::HashMap;
use std::io::{self, Write};

// Field numbers.
const PROFILE_SAMPLE_TYPE: u64 = 1;
const PROFILE_SAMPLE: u64 = 2;
const PROFILE_MAPPING: u64 = 3;
const PROFILE_LOCATION: u64 = 4;
const PROFILE_FUNCTION: u64 = 5;
const PROFILE_STRING: u64 = 6;
const PROFILE_DURATION: u64 = 10;
const PROFILE_DEFAULT: u64 = 14;
const VALUE_TYPE: u64 = 1;
const VALUE_UNIT: u64 = 2;
const SAMPLE_LOCATIONS: u64 = 1;
const SAMPLE_VALUES: u64 = 2;
const MAPPING_ID: u64 = 1;
const MAPPING_FILE: u64 = 5;
/// The flags for functions, file names, line numbers and inlined functions.
const MAPPING_HAS: [u64; 4] = [7, 8, 9, 10];
const LOCATION_ID: u64 = 1;
const LOCATION_MAPPING: u64 = 2;
const LOCATION_LINE: u64 = 4;
const LINE_FUNCTION: u64 = 1;
const LINE_NUMBER: u64 = 2;
const LINE_COLUMN: u64 = 3;
const FUNCTION_ID: u64 = 1;
const FUNCTION_NAME: u64 = 2;
const FUNCTION_SYSTEM_NAME: u64 = 3;
const FUNCTION_FILE: u64 = 4;

/// The types and units of a sample's values.
const COST_TYPES: [(&str, &str); 2] = [("work", "count"), ("time", "nanoseconds")];

/// Those that follow if allocations were counted, named as in Go's own profiles.
const ALLOCATION_TYPES: [(&str, &str); 2] = [("alloc_objects", "count"), ("alloc_space", "bytes")];

/// The id of the only mapping.
const MODULE_ID: u64 = 1;

/// Encodes a profile.
///
/// # Errors
///
/// If the profile cannot be compressed.
pub(super) fn encode(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::default();
    // The format requires the empty string to be the first.
    encoder.string("");
    let counts_allocations = profile.allocations.is_some();
    let allocation_types = ALLOCATION_TYPES.iter().filter(|_| counts_allocations);
    for (name, unit) in COST_TYPES.iter().chain(allocation_types) {
        let ty = Message::default()
            .uint(VALUE_TYPE, encoder.string(name))
            .uint(VALUE_UNIT, encoder.string(unit));
        encoder.profile.message(PROFILE_SAMPLE_TYPE, &ty);
    }
    let module = encoder.string(module);
    let mapping = Message::default()
        .uint(MAPPING_ID, MODULE_ID)
        .uint(MAPPING_FILE, module);
    let mapping = MAPPING_HAS
        .iter()
        .fold(mapping, |mapping, has| mapping.uint(*has, 1));
    encoder.profile.message(PROFILE_MAPPING, &mapping);
    let ids: Vec<_> = profile
        .locations
        .iter()
        .map(|location| encoder.location(location))
        .collect();
    let mut duration = 0;
    for (stack, cost) in &profile.stacks {
        let time = u64::try_from(cost.time.as_nanos()).unwrap_or(u64::MAX);
        duration += time;
        let values = [cost.work, time, 0, 0];
        let values = if counts_allocations {
            &values
        } else {
            &values[..2]
        };
        encoder.sample(&ids, stack, values);
    }
    for (stack, counts) in profile.allocations.iter().flatten() {
        encoder.sample(&ids, stack, &[0, 0, counts.objects, counts.bytes]);
    }
    let work = encoder.string("work");
    let profile = encoder.profile.uint(PROFILE_DURATION, duration);
    encoder.profile = profile.uint(PROFILE_DEFAULT, work);
    let encoded = encoder.finish();
    // Without a time stamp, so that equal profiles have equal files.
    let mut compressed = GzBuilder::new().write(Vec::new(), Compression::default());
    compressed.write_all(&encoded)?;
    compressed.finish()
}

/// The encoded part of a profile, and the ids in it. Ids start at 1; 0 means none.
#[derive(Default)]
struct Encoder {
    profile: Message,
    /// The indices of strings, starting at 0.
    strings: HashMap<String, u64>,
    /// The ids of functions, by the string indices of the name and the file.
    functions: HashMap<(u64, u64), u64>,
    /// The ids of locations, by the function id, line and column of each frame.
    locations: HashMap<Vec<(u64, u32, u32)>, u64>,
}

impl Encoder {
    /// Adds a sample. `ids` has the ids of the profile's locations, and `stack` the indices of those in the stack, the
    /// outermost first.
    fn sample(&mut self, ids: &[Option<u64>], stack: &[LocationId], values: &[u64]) {
        let innermost_first = stack.iter().rev();
        let locations = innermost_first.filter_map(|id| ids.get(*id as usize).copied().flatten());
        let locations: Vec<_> = locations.collect();
        let sample = Message::default()
            .uints(SAMPLE_LOCATIONS, &locations)
            .uints(SAMPLE_VALUES, values);
        self.profile.message(PROFILE_SAMPLE, &sample);
    }

    /// Returns the id of a location; `None` if it has no frames.
    fn location(&mut self, location: &Location) -> Option<u64> {
        let lines: Vec<_> = without_wrappers(location)
            .map(|frame| self.line(frame))
            .collect();
        if lines.is_empty() {
            return None;
        }
        let next = self.locations.len() as u64 + 1;
        let id = *self.locations.entry(lines.clone()).or_insert(next);
        if id == next {
            let mut message = Message::default()
                .uint(LOCATION_ID, id)
                .uint(LOCATION_MAPPING, MODULE_ID);
            for (function, line, column) in lines {
                let line = Message::default()
                    .uint(LINE_FUNCTION, function)
                    .uint(LINE_NUMBER, line.into())
                    .uint(LINE_COLUMN, column.into());
                message.message(LOCATION_LINE, &line);
            }
            self.profile.message(PROFILE_LOCATION, &message);
        }
        Some(id)
    }

    fn line(&mut self, frame: &Frame) -> (u64, u32, u32) {
        let line = frame.line.as_ref();
        let file = line.map_or("", |line| &*line.file);
        let function = self.function(&frame.function, file);
        line.map_or((function, 0, 0), |line| (function, line.line, line.column))
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let (name, file) = (self.string(name), self.string(file));
        let next = self.functions.len() as u64 + 1;
        let id = *self.functions.entry((name, file)).or_insert(next);
        if id == next {
            let function = Message::default()
                .uint(FUNCTION_ID, id)
                .uint(FUNCTION_NAME, name)
                .uint(FUNCTION_SYSTEM_NAME, name)
                .uint(FUNCTION_FILE, file);
            self.profile.message(PROFILE_FUNCTION, &function);
        }
        id
    }

    fn string(&mut self, text: &str) -> u64 {
        if let Some(known) = self.strings.get(text) {
            return *known;
        }
        let next = self.strings.len() as u64;
        self.strings.insert(text.to_owned(), next);
        next
    }

    fn finish(mut self) -> Vec<u8> {
        let mut strings: Vec<_> = self.strings.into_iter().collect();
        strings.sort_by_key(|(_, index)| *index);
        for (text, _) in strings {
            self.profile.bytes(PROFILE_STRING, text.as_bytes());
        }
        self.profile.0
    }
}

/// An encoded protocol buffer message.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    // Wire types.
    const VARINT: u64 = 0;
    const LENGTH_DELIMITED: u64 = 2;

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Adds an integer. Zero is the default and is omitted.
    fn uint(mut self, field: u64, value: u64) -> Self {
        if value > 0 {
            self.varint(field << 3 | Self::VARINT);
            self.varint(value);
        }
        self
    }

    fn uints(mut self, field: u64, values: &[u64]) -> Self {
        let mut packed = Self::default();
        for value in values {
            packed.varint(*value);
        }
        self.bytes(field, &packed.0);
        self
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | Self::LENGTH_DELIMITED);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}
