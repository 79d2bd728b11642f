//! A profile as `go tool pprof` opens it: the message `perftools.profiles.Profile` of pprof's
//! proto/profile.proto, in the encoding of protocol buffers, compressed by gzip.

use super::known;
use crate::insight::{Frame, Place, Profile};
use flate2::{Compression, GzBuilder};
use std::collections::HashMap;
use std::io::{self, Write};

// The fields, by their numbers.
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
/// That functions, files, lines and inlined functions are known.
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

/// The number of the one mapping that there is.
const MODULE: u64 = 1;

/// Encodes a profile.
///
/// # Errors
///
/// None that memory does not run into.
pub(super) fn encode(profile: &Profile, module: &str) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::default();
    // The first string has to be the empty one.
    encoder.string("");
    for (name, unit) in [("work", "count"), ("time", "nanoseconds")] {
        let ty = Message::default()
            .number(VALUE_TYPE, encoder.string(name))
            .number(VALUE_UNIT, encoder.string(unit));
        encoder.profile.message(PROFILE_SAMPLE_TYPE, &ty);
    }
    let module = encoder.string(module);
    let mapping = Message::default()
        .number(MAPPING_ID, MODULE)
        .number(MAPPING_FILE, module);
    let mapping = MAPPING_HAS
        .iter()
        .fold(mapping, |mapping, has| mapping.number(*has, 1));
    encoder.profile.message(PROFILE_MAPPING, &mapping);
    let numbers: Vec<_> = profile
        .places
        .iter()
        .map(|place| encoder.location(place))
        .collect();
    let mut duration = 0;
    for (places, cost) in &profile.stacks {
        let places = places.iter().rev();
        let locations = places.filter_map(|place| numbers.get(*place as usize).copied().flatten());
        let locations: Vec<_> = locations.collect();
        let time = u64::try_from(cost.time.as_nanos()).unwrap_or(u64::MAX);
        duration += time;
        let sample = Message::default()
            .numbers(SAMPLE_LOCATIONS, &locations)
            .numbers(SAMPLE_VALUES, &[cost.work, time]);
        encoder.profile.message(PROFILE_SAMPLE, &sample);
    }
    let work = encoder.string("work");
    let profile = encoder.profile.number(PROFILE_DURATION, duration);
    encoder.profile = profile.number(PROFILE_DEFAULT, work);
    let encoded = encoder.finish();
    // Without a time stamp.
    let mut compressed = GzBuilder::new().write(Vec::new(), Compression::default());
    compressed.write_all(&encoded)?;
    compressed.finish()
}

/// A profile that is being encoded, and what has been given numbers in it.
#[derive(Default)]
struct Encoder {
    profile: Message,
    strings: HashMap<String, u64>,
    /// By the numbers of their names and files.
    functions: HashMap<(u64, u64), u64>,
    locations: HashMap<Vec<(u64, u32, u32)>, u64>,
}

impl Encoder {
    /// The number of a place; `None` of one in which there is nothing to name.
    fn location(&mut self, place: &Place) -> Option<u64> {
        let lines: Vec<_> = known(place).map(|frame| self.line(frame)).collect();
        if lines.is_empty() {
            return None;
        }
        let next = self.locations.len() as u64 + 1;
        let number = *self.locations.entry(lines.clone()).or_insert(next);
        if number == next {
            let mut location = Message::default()
                .number(LOCATION_ID, number)
                .number(LOCATION_MAPPING, MODULE);
            for (function, line, column) in lines {
                let line = Message::default()
                    .number(LINE_FUNCTION, function)
                    .number(LINE_NUMBER, line.into())
                    .number(LINE_COLUMN, column.into());
                location.message(LOCATION_LINE, &line);
            }
            self.profile.message(PROFILE_LOCATION, &location);
        }
        Some(number)
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
        let number = *self.functions.entry((name, file)).or_insert(next);
        if number == next {
            let function = Message::default()
                .number(FUNCTION_ID, number)
                .number(FUNCTION_NAME, name)
                .number(FUNCTION_SYSTEM_NAME, name)
                .number(FUNCTION_FILE, file);
            self.profile.message(PROFILE_FUNCTION, &function);
        }
        number
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
        strings.sort_by_key(|(_, number)| *number);
        for (text, _) in strings {
            self.profile.bytes(PROFILE_STRING, text.as_bytes());
        }
        self.profile.0
    }
}

/// A message in the encoding of protocol buffers, which may be added to.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    const NUMBER: u64 = 0;
    const BYTES: u64 = 2;

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A field that is not written where it is zero, which it is anyway.
    fn number(mut self, field: u64, number: u64) -> Self {
        if number > 0 {
            self.varint(field << 3 | Self::NUMBER);
            self.varint(number);
        }
        self
    }

    fn numbers(mut self, field: u64, numbers: &[u64]) -> Self {
        let mut packed = Self::default();
        for number in numbers {
            packed.varint(*number);
        }
        self.bytes(field, &packed.0);
        self
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | Self::BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}
