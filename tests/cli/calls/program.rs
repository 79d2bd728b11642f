//! A program that makes a list of WASI calls, one after the other, whatever each answers.

use libtest_mimic::Failed;
use std::fmt::Write;
use tinyrun_fixtures::wasi::{ERRORS, FILE_TYPES, FLAGS, RIGHTS, signature};

/// Where the calls' errors lie, two bytes each; what they are told and given follows.
const ERRNOS: usize = 16;

/// A program.
pub struct Program {
    calls: Vec<Call>,
    memory: Vec<u8>,
}

/// A call, as it was written and as it is made.
struct Call {
    written: String,
    name: String,
    params: Vec<u64>,
    told: Vec<Told>,
}

/// What a call tells, and where.
#[derive(Clone, Copy)]
enum Told {
    U32(usize),
    U64(usize),
    Stat(usize),
    Times(usize),
    FdStat(usize),
    /// Buffers that were read into.
    Read {
        at: usize,
    },
    Text {
        at: usize,
    },
    Names {
        at: usize,
    },
    Events {
        at: usize,
    },
}

impl Program {
    pub fn of(lines: &[&str]) -> Result<Self, Failed> {
        let mut program = Self {
            calls: Vec::new(),
            memory: vec![0; ERRNOS + 2 * lines.len()],
        };
        for line in lines {
            let call = program.call(line)?;
            program.calls.push(call);
        }
        Ok(program)
    }

    /// How much the program writes down at its end.
    pub fn size(&self) -> usize {
        self.memory.len()
    }

    fn call(&mut self, line: &str) -> Result<Call, Failed> {
        let written = line.rsplit_once(" = ").map_or(line, |(call, _)| call);
        let mut words = words(written).into_iter();
        let mut call = Call {
            written: written.to_owned(),
            name: words.next().unwrap_or_default(),
            params: Vec::new(),
            told: Vec::new(),
        };
        for word in words {
            self.argument(&mut call, &word)
                .map_err(|error| format!("{line}: {word}: {error}"))?;
        }
        match signature(&call.name) {
            Some(types) if types.len() == call.params.len() => Ok(call),
            Some(types) => Err(format!("{line}: {} parameters", types.len()).into()),
            None => Err(format!("{line}: there is no such call").into()),
        }
    }

    fn argument(&mut self, call: &mut Call, word: &str) -> Result<(), String> {
        let place = |word: &str, kind: &str| {
            let size = word.strip_prefix(kind)?.strip_suffix(']')?;
            size.parse::<usize>().ok()
        };
        if let Some(told) = self.result(word) {
            call.params.push(told.0);
            call.told.push(told.1);
        } else if let Some(text) = text(word) {
            let at = self.add(&text);
            call.params.extend([at as u64, text.len() as u64]);
        } else if let Some(list) = word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            self.buffers(call, list)?;
        } else if let Some(size) = place(word, "text[") {
            let at = self.add(&vec![0; size]);
            call.params.extend([at as u64, size as u64]);
            call.told.push(Told::Text { at });
        } else if let Some(size) = place(word, "names[") {
            let at = self.add(&vec![0; size]);
            call.params.extend([at as u64, size as u64]);
            call.told.push(Told::Names { at });
        } else if let Some(list) = word.strip_prefix("wait[").and_then(|w| w.strip_suffix(']')) {
            self.subscriptions(call, list)?;
        } else {
            call.params.push(number(word)?);
        }
        Ok(())
    }

    fn result(&mut self, word: &str) -> Option<(u64, Told)> {
        let kind = word.strip_prefix('>')?;
        let at = self.add(&[0; 64]);
        let told = match kind {
            "" => Told::U32(at),
            ">" => Told::U64(at),
            "stat" => Told::Stat(at),
            "times" => Told::Times(at),
            "fdstat" => Told::FdStat(at),
            _ => return None,
        };
        Some((at as u64, told))
    }

    fn buffers(&mut self, call: &mut Call, list: &str) -> Result<(), String> {
        let mut entries = Vec::new();
        let mut read = None;
        for word in words(list) {
            if let Some(bytes) = text(&word) {
                let at = self.add(&bytes);
                entries.extend(entry(at, bytes.len()));
                continue;
            }
            let (size, times) = word.split_once('*').unwrap_or((&word, "1"));
            for _ in 0..number(times)? {
                let size = number(size)? as usize;
                let at = self.add(&vec![0; size]);
                read.get_or_insert(at);
                entries.extend(entry(at, size));
            }
        }
        let at = self.add(&entries);
        call.params.extend([at as u64, (entries.len() / 8) as u64]);
        call.told.extend(read.map(|at| Told::Read { at }));
        Ok(())
    }

    fn subscriptions(&mut self, call: &mut Call, list: &str) -> Result<(), String> {
        let mut entries = Vec::new();
        for (index, word) in words(list).iter().enumerate() {
            let (kind, value) = word.split_once(':').ok_or("kind:value")?;
            let mut entry = [0; 48];
            entry[..8].copy_from_slice(&(index as u64).to_le_bytes());
            let clock = [
                "REALTIME",
                "MONOTONIC",
                "PROCESS_CPUTIME_ID",
                "THREAD_CPUTIME_ID",
            ];
            let number = match (kind, clock.iter().position(|clock| *clock == kind)) {
                (_, Some(clock)) => {
                    let (time, is_absolute) = match value.strip_prefix('+') {
                        Some(time) => (time, 0),
                        None => (value, 1),
                    };
                    let time = number(time.trim_end_matches("ms"))? * 1_000_000;
                    entry[24..32].copy_from_slice(&time.to_le_bytes());
                    entry[40] = is_absolute;
                    clock as u32
                }
                ("read" | "write", _) => {
                    entry[8] = if kind == "read" { 1 } else { 2 };
                    number(value)? as u32
                }
                _ => {
                    entry[8] = 9;
                    0
                }
            };
            entry[16..20].copy_from_slice(&number.to_le_bytes());
            entries.extend(entry);
        }
        let count = entries.len() / 48;
        let from = self.add(&entries);
        let at = self.add(&vec![0; count * 32]);
        call.params.extend([from as u64, at as u64, count as u64]);
        call.told.push(Told::Events { at });
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> usize {
        self.memory.resize(self.memory.len().next_multiple_of(8), 0);
        let at = self.memory.len();
        self.memory.extend(bytes);
        at
    }

    /// The program as a module's text.
    pub fn text(&self) -> String {
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
        let mut text = "(module\n".to_owned();
        for import in imports {
            let types = signature(import).unwrap_or_default().chars();
            let types = types.map(|ty| if ty == 'I' { " i64" } else { " i32" });
            let _ = writeln!(
                text,
                "(import \"wasi_snapshot_preview1\" \"{import}\" (func ${import} (param{}) (result i32)))",
                types.collect::<String>()
            );
        }
        let data: String = self.memory.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\{byte:02x}");
            text
        });
        let (size, pages) = (self.size(), self.size() / 65536 + 1);
        let _ = write!(
            text,
            "(memory (export \"memory\") {pages})\n(data (i32.const 0) \"{data}\")\n\
             (func (export \"_start\")\n{body}\
             (i32.store (i32.const 4) (i32.const {size}))\n\
             (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))\n"
        );
        text
    }

    /// The calls with what they answered, going by what the program wrote down.
    pub fn answers(&self, memory: &[u8]) -> Vec<String> {
        let calls = self.calls.iter().enumerate();
        let answer = |(index, call): (usize, &Call)| {
            let errno = number_at(memory, ERRNOS + 2 * index, 2) as usize;
            let answer = match errno {
                0 => call.success(memory),
                _ => ERRORS.get(errno).copied().unwrap_or("?").to_owned(),
            };
            format!("{} = {answer}", call.written)
        };
        calls.map(answer).collect()
    }
}

impl Call {
    fn success(&self, memory: &[u8]) -> String {
        let count = self.told.iter().find_map(|told| match told {
            Told::U32(at) => Some(number_at(memory, *at, 4) as usize),
            _ => None,
        });
        let count = count.unwrap_or_default();
        let told = self.told.iter().map(|told| told.shown(memory, count));
        match self.told.is_empty() {
            true => "ok".to_owned(),
            false => told.collect::<Vec<_>>().join(" "),
        }
    }
}

impl Told {
    fn shown(self, memory: &[u8], count: usize) -> String {
        let field = |at, size| number_at(memory, at, size);
        match self {
            Self::U32(at) => field(at, 4).to_string(),
            Self::U64(at) => field(at, 8).to_string(),
            Self::Stat(at) => {
                let kind = FILE_TYPES[field(at + 16, 1) as usize];
                let (size, links) = (field(at + 32, 8), field(at + 24, 8));
                match kind {
                    // What a directory counts as its size and links is each file system's own matter.
                    "directory" => kind.to_owned(),
                    _ => format!("{kind} size={size} links={links}"),
                }
            }
            Self::Times(at) => format!(
                "accessed={} modified={}",
                field(at + 40, 8) as i64,
                field(at + 48, 8) as i64
            ),
            Self::FdStat(at) => {
                let names = |set: u64, names: &[(&'static str, u64)]| {
                    let names = names.iter().filter(|(_, bit)| set & bit != 0);
                    let names = names.map(|(name, _)| *name).collect::<Vec<_>>();
                    if names.is_empty() {
                        "-".to_owned()
                    } else {
                        names.join("|")
                    }
                };
                let flags = ["APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"];
                let flags = flags.into_iter().zip((0..).map(|bit| 1 << bit));
                format!(
                    "{} flags={} rights={}",
                    FILE_TYPES[field(at, 1) as usize],
                    names(field(at + 2, 2), &flags.collect::<Vec<_>>()),
                    names(field(at + 8, 8), RIGHTS)
                )
            }
            Self::Read { at } | Self::Text { at } => {
                let text = memory.get(at..at + count).unwrap_or_default();
                format!("\"{}\"", text.escape_ascii())
            }
            Self::Names { at } => names(memory.get(at..at + count).unwrap_or_default()),
            Self::Events { at } => {
                let event = |index| {
                    let at = at + index * 32;
                    let kind = ["clock", "read", "write"].get(field(at + 10, 1) as usize);
                    let mut text = format!("{}:{}", field(at, 8), kind.unwrap_or(&"?"));
                    match (field(at + 8, 2) as usize, field(at + 16, 8)) {
                        (0, 0) => {}
                        (0, bytes) => text += &format!(":{bytes}"),
                        (error, _) => text += &format!(":{}", ERRORS[error]),
                    }
                    if field(at + 24, 2) != 0 {
                        text += ":hangup";
                    }
                    text
                };
                (0..count).map(event).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// An entry in a list of buffers.
fn entry(at: usize, size: usize) -> impl Iterator<Item = u8> {
    let [at, size] = [at as u32, size as u32].map(u32::to_le_bytes);
    at.into_iter().chain(size)
}

/// The names in a page of a listing, sorted; the last one may be cut off.
fn names(mut page: &[u8]) -> String {
    let mut names = Vec::new();
    while page.len() >= 24 {
        let length = number_at(page, 16, 4) as usize;
        let kind = FILE_TYPES[usize::from(page[20])];
        let (name, mark) = match page.get(24..24 + length) {
            Some(name) => (name, ""),
            None => (&page[24..], "…"),
        };
        names.push(format!("{}:{kind}{mark}", String::from_utf8_lossy(name)));
        page = page.get(24 + length..).unwrap_or_default();
    }
    names.sort();
    names.join(" ")
}

fn number_at(memory: &[u8], at: usize, size: usize) -> u64 {
    let bytes = memory.get(at..at + size).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number, or names of flags.
fn number(word: &str) -> Result<u64, String> {
    if word == "-" {
        return Ok(0);
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(number as u64);
    }
    if let Ok(number) = word.parse::<u64>() {
        return Ok(number);
    }
    let flags = || FLAGS.iter().chain(RIGHTS);
    word.split('|').try_fold(0, |set, name| {
        let flag = flags().find(|(known, _)| *known == name);
        Ok(set | flag.ok_or_else(|| format!("there is no {name}"))?.1)
    })
}

/// What a quoted word stands for: `\xNN` is a byte, `\"` a quote, `"a"*3` is aaa.
fn text(word: &str) -> Option<Vec<u8>> {
    let (quoted, times) = match word.rsplit_once("\"*") {
        Some((quoted, times)) => (quoted, times.parse().ok()?),
        None => (word.strip_suffix('"')?, 1),
    };
    let mut bytes = Vec::new();
    let mut rest = quoted.strip_prefix('"')?;
    while let Some(first) = rest.chars().next() {
        let hex = rest.strip_prefix("\\x").and_then(|hex| hex.get(..2));
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.extend(first.to_string().bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(bytes.repeat(times))
}

/// The words of a line; quotes and brackets hold one together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ' ' if !quoted && depth == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
