//! Translates a list of WASI calls to a program that makes them in order, even if some fail.

use super::answer::{ResultSlot, number_at};
use super::words::{number, text, words};
use crate::wasi::{ERRORS, signature};
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;

/// The address of the calls' error numbers, two bytes each. Parameters and results follow.
const ERRNOS: usize = 16;

/// A program that makes a list of calls.
pub struct Program {
    calls: Vec<Call>,
    memory: Vec<u8>,
}

/// A call of the list, its parameters, and the addresses of its results.
struct Call {
    written: String,
    name: String,
    params: Vec<u64>,
    results: Vec<ResultSlot>,
}

impl Program {
    pub fn new(lines: &[&str]) -> Result<Self> {
        let mut program = Self {
            calls: Vec::new(),
            memory: vec![0; ERRNOS + 2 * lines.len()],
        };
        for line in lines {
            let call = program.parse(line).with_context(|| line.to_string())?;
            program.calls.push(call);
        }
        Ok(program)
    }

    /// The number of bytes that the program writes at its end: all of its memory.
    pub fn output_bytes(&self) -> usize {
        self.memory.len()
    }

    fn parse(&mut self, line: &str) -> Result<Call> {
        let written = line.rsplit_once(" = ").map_or(line, |(call, _)| call);
        let mut words = words(written).into_iter();
        let mut call = Call {
            written: written.to_owned(),
            name: words.next().unwrap_or_default(),
            params: Vec::new(),
            results: Vec::new(),
        };
        for word in words {
            self.add_argument(&mut call, &word).with_context(|| word)?;
        }
        let params = signature(&call.name).context("WASI has no such function")?;
        ensure!(
            params.len() == call.params.len(),
            "the function has {} parameters",
            params.len()
        );
        Ok(call)
    }

    fn add_argument(&mut self, call: &mut Call, word: &str) -> Result<()> {
        let size_of = |prefix: &str| {
            let size = word.strip_prefix(prefix)?.strip_suffix(']')?;
            size.parse::<usize>().ok()
        };
        let list_of = |open: &str, close: char| word.strip_prefix(open)?.strip_suffix(close);
        if let Some(kind) = word.strip_prefix('>') {
            let address = self.add(&[0; 64]);
            call.params.push(address as u64);
            call.results.push(ResultSlot::new(kind, address)?);
        } else if let Some(text) = text(word) {
            let address = self.add(&text);
            call.params.extend([address as u64, text.len() as u64]);
        } else if let Some(list) = list_of("{", '}') {
            self.add_buffers(call, list)?;
        } else if let Some(size) = size_of("text[") {
            let address = self.add(&vec![0; size]);
            call.params.extend([address as u64, size as u64]);
            call.results.push(ResultSlot::Bytes(address));
        } else if let Some(size) = size_of("names[") {
            let address = self.add(&vec![0; size]);
            call.params.extend([address as u64, size as u64]);
            call.results.push(ResultSlot::Names(address));
        } else if let Some(list) = list_of("wait[", ']') {
            self.add_subscriptions(call, list)?;
        } else {
            call.params.push(number(word)?);
        }
        Ok(())
    }

    fn add_buffers(&mut self, call: &mut Call, list: &str) -> Result<()> {
        let mut entries = Vec::new();
        let mut read = None;
        for word in words(list) {
            if let Some(bytes) = text(&word) {
                let address = self.add(&bytes);
                entries.extend(buffer(address, bytes.len()));
                continue;
            }
            let (size, count) = word.split_once('*').unwrap_or((&word, "1"));
            for _ in 0..number(count)? {
                let size = number(size)? as usize;
                let address = self.add(&vec![0; size]);
                read.get_or_insert(address);
                entries.extend(buffer(address, size));
            }
        }
        let address = self.add(&entries);
        let count = (entries.len() / 8) as u64;
        call.params.extend([address as u64, count]);
        call.results.extend(read.map(ResultSlot::Bytes));
        Ok(())
    }

    fn add_subscriptions(&mut self, call: &mut Call, list: &str) -> Result<()> {
        let mut entries = Vec::new();
        for (index, word) in words(list).iter().enumerate() {
            let (kind, value) = word.split_once(':').context("not KIND:VALUE")?;
            let mut entry = subscription(kind, value)?;
            entry[..8].copy_from_slice(&(index as u64).to_le_bytes());
            entries.extend(entry);
        }
        let count = entries.len() / 48;
        let subscriptions = self.add(&entries);
        let events = self.add(&vec![0; count * 32]);
        let params = [subscriptions, events, count].map(|param| param as u64);
        call.params.extend(params);
        call.results.push(ResultSlot::Events(events));
        Ok(())
    }

    /// Adds bytes to the program's memory, and returns their address.
    fn add(&mut self, bytes: &[u8]) -> usize {
        self.memory.resize(self.memory.len().next_multiple_of(8), 0);
        let address = self.memory.len();
        self.memory.extend(bytes);
        address
    }

    /// The program in the text format.
    pub fn wat(&self) -> String {
        let mut imports = vec!["fd_write"];
        let mut body = String::new();
        for (index, call) in self.calls.iter().enumerate() {
            if !imports.contains(&&*call.name) {
                imports.push(&call.name);
            }
            let _ = write!(body, "(i32.store16 (i32.const {})", ERRNOS + 2 * index);
            let _ = write!(body, " (call ${}", call.name);
            let types = signature(&call.name).unwrap_or_default();
            for (param, ty) in call.params.iter().zip(types.chars()) {
                let _ = match ty {
                    'I' => write!(body, " (i64.const {param})"),
                    _ => write!(body, " (i32.const {})", *param as u32),
                };
            }
            body += "))\n";
        }
        let mut wat = "(module\n".to_owned();
        for import in imports {
            let types = signature(import).unwrap_or_default().chars();
            let types = types.map(|ty| if ty == 'I' { " i64" } else { " i32" });
            let _ = writeln!(
                wat,
                "(import \"wasi_snapshot_preview1\" \"{import}\" (func ${import} (param{}) (result i32)))",
                types.collect::<String>()
            );
        }
        let data: String = self.memory.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\{byte:02x}");
            text
        });
        let (size, pages) = (self.memory.len(), self.memory.len() / 65536 + 1);
        let _ = write!(
            wat,
            "(memory (export \"memory\") {pages})\n(data (i32.const 0) \"{data}\")\n\
             (func (export \"_start\")\n{body}\
             (i32.store (i32.const 4) (i32.const {size}))\n\
             (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))\n"
        );
        wat
    }

    /// The calls with their results, read from the memory that the program wrote.
    pub fn answers(&self, memory: &[u8]) -> Vec<String> {
        let answer = |(index, call): (usize, &Call)| {
            let errno = number_at(memory, ERRNOS + 2 * index, 2) as usize;
            let answer = match errno {
                0 => call.results(memory),
                _ => ERRORS.get(errno).copied().unwrap_or("?").to_owned(),
            };
            format!("{} = {answer}", call.written)
        };
        self.calls.iter().enumerate().map(answer).collect()
    }
}

impl Call {
    /// The results of a call that succeeded.
    fn results(&self, memory: &[u8]) -> String {
        if self.results.is_empty() {
            return "ok".to_owned();
        }
        let count = self.results.iter().find_map(|slot| match slot {
            ResultSlot::U32(address) => Some(number_at(memory, *address, 4) as usize),
            _ => None,
        });
        let count = count.unwrap_or_default();
        let results = self.results.iter().map(|slot| slot.read(memory, count));
        results.collect::<Vec<_>>().join(" ")
    }
}

/// An entry in a list of buffers.
fn buffer(address: usize, size: usize) -> impl Iterator<Item = u8> {
    let [address, size] = [address as u32, size as u32].map(u32::to_le_bytes);
    address.into_iter().chain(size)
}

/// A subscription to a clock or a descriptor. For an unknown kind, it is invalid.
fn subscription(kind: &str, value: &str) -> Result<[u8; 48]> {
    const CLOCKS: [&str; 4] = [
        "REALTIME",
        "MONOTONIC",
        "PROCESS_CPUTIME_ID",
        "THREAD_CPUTIME_ID",
    ];
    let mut entry = [0; 48];
    let id = match (kind, CLOCKS.iter().position(|clock| *clock == kind)) {
        (_, Some(clock)) => {
            let (time, is_absolute) = match value.strip_prefix('+') {
                Some(time) => (time, 0),
                None => (value, 1),
            };
            let Some(nanoseconds) = number(time.trim_end_matches("ms"))?.checked_mul(1_000_000)
            else {
                bail!("the time is too large");
            };
            entry[24..32].copy_from_slice(&nanoseconds.to_le_bytes());
            entry[40] = is_absolute;
            clock as u32
        }
        ("read", _) => {
            entry[8] = 1;
            number(value)? as u32
        }
        ("write", _) => {
            entry[8] = 2;
            number(value)? as u32
        }
        _ => {
            entry[8] = 9;
            0
        }
    };
    entry[16..20].copy_from_slice(&id.to_le_bytes());
    Ok(entry)
}
