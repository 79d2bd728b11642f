//! Tests coverage: of a hand-written module with debug information, and of a program with all kinds of statements in
//! comparison with official Go's own coverage.

use crate::programs::Compiler;
use crate::{ignorable_trial, trial};
use anyhow::{Context, Result, bail};
use libtest_mimic::{Completion, Trial};
use std::fs;
use std::path::Path;
use std::process::Command;
use tinyrun_test_support::debug_info::{self, Declaration, SourceRow};
use tinyrun_test_support::{session, shell};
use wasm_encoder::RawSection;
use wasmparser::{BinaryReader, CodeSectionReader, Operator, Parser, Payload};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("coverage/session", || replay("coverage.session")),
        trial("coverage/page", || replay("page.session")),
        ignorable_trial("go/coverage", || {
            Compiler::Go.check(|| replay("go_tool_cover.session"))
        }),
        ignorable_trial("tinygo/coverage", || Compiler::TinyGo.check(statements)),
        ignorable_trial("coverage/c", c),
        ignorable_trial("coverage/rust", rust),
    ]
}

/// The files of the hand-written program, and its functions with their files and lines.
const FILES: [&str; 2] = ["shop/main.go", "shop/calc/calc.go"];
const FUNCTIONS: [(&str, usize, u64); 7] = [
    ("example.org/shop/calc.Double", 1, 4),
    ("example.org/shop/calc.Clamp", 1, 7),
    ("main.main", 0, 9),
    ("main.limit", 0, 19),
    ("main.fail", 0, 21),
    ("main.quit", 0, 26),
    ("main.spin", 0, 31),
];

/// The line from which on the lines are those of the second file.
const SECOND_FILE: i32 = 1000;

/// Writes the hand-written program and its sources to a directory.
fn write_shop(directory: &Path) -> Result<()> {
    let data = shell::root().join("testdata/coverage");
    fs::create_dir_all(directory.join("shop/calc"))?;
    for file in ["shop/go.mod", FILES[0], FILES[1]] {
        fs::copy(data.join(file), directory.join(file))?;
    }
    let bare = wat::parse_file(data.join("shop.wat"))?;
    let declarations = FUNCTIONS.map(|(name, file, line)| Declaration { name, file, line });
    let rows = rows(&bare)?;
    let add_lines =
        |source: &str| debug_info::add_lines(&bare, source, &FILES, &declarations, &rows);
    let module = add_lines(&directory.to_string_lossy());
    fs::write(
        directory.join("windows.wasm"),
        add_lines(r"C:\Users\An Na\go"),
    )?;
    fs::create_dir(directory.join("damaged"))?;
    let copies = damaged(&module)?.into_iter().chain(truncated(&module)?);
    for (number, copy) in copies.enumerate() {
        fs::write(directory.join(format!("damaged/{number}.wasm")), copy)?;
    }
    fs::write(directory.join("long.wasm"), long(directory)?)?;
    fs::write(directory.join("bare.wasm"), bare)?;
    Ok(fs::write(directory.join("shop.wasm"), module)?)
}

/// Copies of a module in which three bytes of a section with debug information are inverted.
fn damaged(module: &[u8]) -> Result<Vec<Vec<u8>>> {
    const COPIES: usize = 6;
    let mut copies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let start = section.data_offset();
        let range = start..start + section.data().len();
        let starts = range.clone().step_by(range.len().div_ceil(COPIES).max(1));
        for start in starts.filter(|_| section.name().starts_with(".debug_")) {
            let mut damaged = module.to_vec();
            for byte in &mut damaged[start..range.end.min(start + 3)] {
                *byte = !*byte;
            }
            copies.push(damaged);
        }
    }
    Ok(copies)
}

/// Copies of a module in which a section with debug information has lost its second half.
fn truncated(module: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut copies = Vec::new();
    for name in [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"] {
        let mut copy = wasm_encoder::Module::new();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            let Some((id, range)) = payload.as_section() else {
                continue;
            };
            let mut data = &module[range];
            if let Payload::CustomSection(section) = &payload
                && section.name() == name
            {
                data = &data[..data.len() - section.data().len() / 2];
            }
            copy.section(&RawSection { id, data });
        }
        copies.push(copy.finish());
    }
    Ok(copies)
}

/// A module with a function of 100,000 lines.
fn long(directory: &Path) -> Result<Vec<u8>> {
    let lines = SECOND_FILE + 1..=SECOND_FILE + 100_000;
    let lines: String = lines
        .map(|line| format!("(drop (i32.const {line}))(call $f)"))
        .collect();
    let text = format!(r#"(module (func $f) (func (export "_start") {lines}))"#);
    let bare = wat::parse_str(text)?;
    let directory = directory.to_string_lossy();
    Ok(debug_info::add_lines(
        &bare,
        &directory,
        &FILES,
        &[],
        &rows(&bare)?,
    ))
}

/// A row for each constant that is dropped.
fn rows(wasm: &[u8]) -> Result<Vec<SourceRow>> {
    let mut rows = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CodeSectionStart { range, .. } = payload? else {
            continue;
        };
        let content = BinaryReader::new(&wasm[range], 0);
        for body in CodeSectionReader::new(content)? {
            let mut operators = body?.get_operators_reader()?;
            let mut last = None;
            while !operators.eof() {
                let (operator, offset) = operators.read_with_offset()?;
                if let (Operator::Drop, Some((address, value))) = (&operator, last) {
                    let (file, line) = match value {
                        SECOND_FILE.. => (1, value - SECOND_FILE),
                        _ => (0, value),
                    };
                    let line = u64::try_from(line)?;
                    rows.push(SourceRow {
                        address,
                        file,
                        line,
                    });
                }
                last = match operator {
                    Operator::I32Const { value } => Some((offset as u64, value)),
                    _ => None,
                };
            }
        }
    }
    Ok(rows)
}

/// Runs a session next to the hand-written program.
fn replay(session: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    write_shop(directory.path())?;
    let session = shell::root().join("testdata/coverage").join(session);
    session::check(&session, directory.path())
}

/// Runs the session of a program in Rust, if its compiler has the target.
fn rust() -> Result<Completion> {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", "wasm32-wasip1"]);
    let library = command.output().map(|output| output.stdout);
    let library = String::from_utf8(library.unwrap_or_default())?;
    if !Path::new(library.trim()).is_dir() {
        return Ok(Completion::ignored_with(
            "rustc has no target wasm32-wasip1",
        ));
    }
    compiled("clamp.rs", "rust.session")
}

/// Runs the session of a program in C, if clang can compile and link it.
fn c() -> Result<Completion> {
    let mut command = Command::new("clang");
    command.args(["--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-xc"]);
    command.args(["-o", "/dev/null", "/dev/null"]);
    if !command.output().is_ok_and(|output| output.status.success()) {
        return Ok(Completion::ignored_with("clang cannot link for wasm32"));
    }
    compiled("clamp.c", "c.session")
}

/// Runs a session that compiles a program, in a directory with its source.
fn compiled(source: &str, session: &str) -> Result<Completion> {
    let directory = tempfile::tempdir()?;
    let data = shell::root().join("testdata/coverage");
    fs::copy(data.join(source), directory.path().join(source))?;
    session::check(&data.join(session), directory.path())?;
    Ok(Completion::Completed)
}

/// A program's tests run by TinyGo without optimization have the coverage that official Go measures: at least 85 % of Go's
/// blocks have a line with a count, and at least 97 % of these counts agree.
fn statements() -> Result<()> {
    const MIN_KNOWN_PERCENT: usize = 85;
    const MIN_EQUAL_PERCENT: usize = 97;
    let directory = tempfile::tempdir()?;
    let source = shell::root().join("testdata/coverage/statements");
    let in_source = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(&source);
        let output = command.output().context("cannot start the compiler")?;
        match output.status.success() {
            true => Ok(()),
            false => bail!("{program}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    };
    let go_profile = directory.path().join("go.out");
    let go_flag = format!("-coverprofile={}", go_profile.display());
    in_source("go", &["test", "-covermode=count", &go_flag, "."])?;
    let module = directory.path().join("statements.wasm");
    let module = module.to_string_lossy();
    let flags = ["test", "-target=wasip1", "-opt=0", "-c", "-o", &module, "."];
    in_source("tinygo", &flags)?;
    let command = "tinyrun --dir . --coverage c.out statements.wasm";
    let ran = shell::run(command, directory.path());
    if ran.status != 0 {
        bail!("{ran:?}");
    }
    let blocks = read_profile(&go_profile)?;
    let lines = read_profile(&directory.path().join("c.out"))?;
    let known = blocks.iter().filter_map(|block| {
        let lines = lines.iter().filter(|line| block.contains(line));
        Some((lines.map(|line| line.count).max()?, block))
    });
    let known: Vec<_> = known.collect();
    let different = known
        .iter()
        .filter(|(count, block)| (*count > 0) != (block.count > 0));
    let different: Vec<_> = different.collect();
    if known.len() * 100 < blocks.len() * MIN_KNOWN_PERCENT
        || different.len() * 100 > known.len() * (100 - MIN_EQUAL_PERCENT)
    {
        bail!(
            "{} of {} blocks, different: {different:?}",
            known.len(),
            blocks.len()
        );
    }
    Ok(())
}

/// A block of a Go profile.
#[derive(Debug)]
struct Block {
    file: String,
    first_line: u32,
    last_line: u32,
    count: u64,
}

impl Block {
    /// Whether a block in one line belongs to this one, which begins after `{` if it has several lines.
    fn contains(&self, other: &Self) -> bool {
        let first = (self.first_line + 1).min(self.last_line);
        self.file == other.file && (first..=self.last_line).contains(&other.first_line)
    }
}

/// The blocks with statements in a Go profile.
fn read_profile(path: &Path) -> Result<Vec<Block>> {
    let text = fs::read_to_string(path)?;
    let blocks = text.lines().skip(1).map(|line| {
        let (file, block) = line.rsplit_once(':').context("no range")?;
        let parts: Vec<_> = block.split([' ', ',']).collect();
        let [start, end, statements, count] = parts[..] else {
            bail!("{line}");
        };
        let line = |position: &str| position.split('.').next().map(str::parse::<u32>);
        let block = Block {
            file: file.to_owned(),
            first_line: line(start).context("no start")??,
            last_line: line(end).context("no end")??,
            count: count.parse()?,
        };
        Ok((statements != "0").then_some(block))
    });
    blocks.filter_map(Result::transpose).collect()
}
