//! Compiles the programs `testdata/tinygo/NAME.go` with TinyGo and with official Go, and runs their sessions.
//! `NAME.session` is for both compilers, `NAME.tinygo.session` and `NAME.go.session` are for one. The commands run in
//! the directory of `NAME.wasm`. A line `// buildmode: c-shared` in a program makes it a reactor, a line
//! `// tinygo flags: FLAG...` adds flags for TinyGo, and a first line `// ldflags: -s` makes official Go leave out the name
//! section.
//!
//! A test is ignored if its compiler is missing, unless TINYRUN_REQUIRE names it, or too old for the program.

use anyhow::{Result, bail};
use libtest_mimic::{Completion, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tinyrun_test_support::{session, shell};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    TinyGo,
    Go,
}

pub fn trials() -> Vec<Trial> {
    let sessions = shell::entries(&shell::root().join("testdata/tinygo"), "session");
    let pairs = sessions.into_iter().flat_map(|path| {
        let compilers = [Compiler::TinyGo, Compiler::Go];
        let compilers = compilers
            .into_iter()
            .filter(|compiler| compiler.has_session(&path));
        compilers
            .map(|compiler| (path.clone(), compiler))
            .collect::<Vec<_>>()
    });
    pairs
        .map(|(path, compiler)| trial(path, compiler))
        .collect()
}

fn trial(path: PathBuf, compiler: Compiler) -> Trial {
    let file = path.file_name().expect("it is a file").to_string_lossy();
    let program = file
        .split('.')
        .next()
        .expect("there is a first part")
        .to_owned();
    let name = format!("{}/{program}", compiler.command());
    crate::ignorable_trial(name, move || {
        let source = fs::read_to_string(source_of(&program))?;
        match compiler.too_old_for(&source) {
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => compiler.check(|| check(&path, &program, compiler)),
        }
    })
}

/// Options with which a program must have the same output as with the default heap.
const OTHER_HEAPS: [&str; 2] = ["--heap 0", "--heap 16MiB"];

/// The programs whose sessions print the size of memory.
const REPORTS_MEMORY: [&str; 1] = ["memory"];

fn tinygo_flags(source: &str) -> impl Iterator<Item = &str> {
    let mut lines = source.lines();
    let flags = lines.find_map(|line| line.strip_prefix("// tinygo flags: "));
    flags.unwrap_or_default().split_whitespace()
}

enum Presence {
    Present,
    Missing,
    Required,
}

fn check(session: &Path, program: &str, compiler: Compiler) -> Result<()> {
    let source = source_of(program);
    let module = format!("{program}.wasm");
    let folder = tempfile::tempdir()?;
    compiler.build(&source, &folder.path().join(&module))?;
    session::check(session, folder.path())?;
    if compiler != Compiler::TinyGo || REPORTS_MEMORY.contains(&program) {
        return Ok(());
    }
    for options in OTHER_HEAPS {
        let other = tempfile::tempdir()?;
        fs::copy(folder.path().join(&module), other.path().join(&module))?;
        session::check_with(options, session, other.path())?;
    }
    Ok(())
}

fn source_of(program: &str) -> PathBuf {
    let sources = shell::root().join("testdata/tinygo");
    sources.join(format!("{program}.go"))
}

impl Compiler {
    /// The reason why this compiler is too old for a program, if it is. Exports and reactors need TinyGo 0.34 or Go
    /// 1.24.
    fn too_old_for(self, source: &str) -> Option<String> {
        let features = ["\n//go:wasmexport ", "\n// buildmode: c-shared\n"];
        let minimum = match self {
            Self::TinyGo => (0, 34),
            Self::Go => (1, 24),
        };
        let version = self.version()?;
        let is_too_old =
            version < minimum && features.iter().any(|feature| source.contains(feature));
        is_too_old.then(|| {
            let command = self.command();
            format!(
                "{command} {}.{} is on PATH, and the program needs {}.{}",
                version.0, version.1, minimum.0, minimum.1
            )
        })
    }

    /// The version, from `tinygo version 0.34.0 linux/amd64 ...` or `go version go1.24.0 linux/amd64`.
    fn version(self) -> Option<(u32, u32)> {
        let output = Command::new(self.command()).arg("version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.split(' ').nth(2)?.trim_start_matches("go");
        let mut numbers = version.split('.').map_while(|number| number.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    }

    /// Runs a test that needs the compiler. If the compiler is missing, the test is ignored, or fails if it is
    /// required.
    pub fn check(self, test: impl FnOnce() -> Result<()>) -> Result<Completion> {
        let missing = format!("{} is not on PATH", self.command());
        match self.presence() {
            Presence::Present => test().map(|()| Completion::Completed),
            Presence::Missing => Ok(Completion::ignored_with(missing)),
            Presence::Required => bail!(missing),
        }
    }

    pub fn command(self) -> &'static str {
        match self {
            Self::TinyGo => "tinygo",
            Self::Go => "go",
        }
    }

    /// Returns true if a session is for this compiler.
    fn has_session(self, session: &Path) -> bool {
        let name = session.display().to_string();
        match (
            name.ends_with(".tinygo.session"),
            name.ends_with(".go.session"),
        ) {
            (true, _) => self == Self::TinyGo,
            (_, true) => self == Self::Go,
            _ => true,
        }
    }

    fn presence(self) -> Presence {
        let required = std::env::var("TINYRUN_REQUIRE").unwrap_or_default();
        if Command::new(self.command()).arg("version").output().is_ok() {
            Presence::Present
        } else if required.split(',').any(|name| name == self.command()) {
            Presence::Required
        } else {
            Presence::Missing
        }
    }

    fn build(self, source: &Path, module: &Path) -> Result<()> {
        let text = fs::read_to_string(source)?;
        let reactor = text.contains("\n// buildmode: c-shared\n");
        let stripped = self == Self::Go && text.starts_with("// ldflags: -s\n");
        let mut command = Command::new(self.command());
        command.arg("build").arg("-o").arg(module);
        match self {
            Self::TinyGo => command.arg("-target=wasip1").args(tinygo_flags(&text)),
            Self::Go => command.env("GOOS", "wasip1").env("GOARCH", "wasm"),
        };
        if reactor {
            command.arg("-buildmode=c-shared");
        }
        if stripped {
            command.arg("-ldflags=-s");
        }
        let output = command.arg(source).output()?;
        if output.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} ended in {}:\n{errors}", output.status)
    }
}
