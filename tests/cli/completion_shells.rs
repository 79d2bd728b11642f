//! Types command lines at the prompt of real shells, presses TAB, and checks what the line becomes.

use crate::terminal::terminal;
use anyhow::{Result, bail, ensure};
use libtest_mimic::{Completion, Trial};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tinyrun_test_support::shell;

/// A shell, with a command line that loads the script and binds Ctrl-T to append the line to the file `$LINES_FILE`.
struct Shell {
    name: &'static str,
    options: &'static str,
    setup: &'static str,
}

const SHELLS: [Shell; 3] = [
    Shell {
        name: "bash",
        options: "--norc --noprofile -i",
        setup: r#"bind -x '"\C-t": printf "%s\n" "$READLINE_LINE" >> "$LINES_FILE"'; source <(tinyrun completions bash); echo >> "$LINES_FILE""#,
    },
    Shell {
        name: "zsh",
        options: "-f -i",
        setup: r#"autoload -Uz compinit; compinit -u -d "$LINES_FILE.zsh"; source <(tinyrun completions zsh); show() { print -r -- "$BUFFER" >> "$LINES_FILE" }; zle -N show; bindkey '^T' show; echo >> "$LINES_FILE""#,
    },
    Shell {
        name: "fish",
        options: "--no-config -i",
        setup: r#"tinyrun completions fish | source; bind \ct 'commandline >> "$LINES_FILE"'; echo >> "$LINES_FILE""#,
    },
];

/// What is typed, and what it becomes in every shell.
const LINES: [(&str, &str); 30] = [
    ("tinyrun my", r"tinyrun my\ dir/"),
    (r"tinyrun my\ dir/i", r"tinyrun my\ dir/inner.wasm "),
    ("tinyrun 'my dir/i", "tinyrun 'my dir/inner.wasm' "),
    ("tinyrun insp", "tinyrun inspect "),
    ("tinyrun inspect my", r"tinyrun inspect my\ dir/"),
    ("tinyrun ~/h", r"tinyrun ~/home\ dir/"),
    (
        r"tinyrun --dir ~/home\ dir/s",
        r"tinyrun --dir ~/home\ dir/sub/",
    ),
    ("tinyrun --dir=~/h", r"tinyrun --dir=~/home\ dir/"),
    ("tinyrun --dir=my", r"tinyrun --dir=my\ dir/"),
    ("tinyrun --dir s", "tinyrun --dir sub/"),
    ("tinyrun --dir sub::", "tinyrun --dir sub::/"),
    ("tinyrun --dir sub::/s", "tinyrun --dir sub::/sub "),
    (
        r"tinyrun --ro-dir my\ dir::/m",
        r"tinyrun --ro-dir my\ dir::/my\ dir ",
    ),
    ("tinyrun --init=_s", "tinyrun --init=_start "),
    ("tinyrun --init _i", "tinyrun --init _initialize "),
    ("tinyrun --report=n", "tinyrun --report=notes.txt "),
    ("tinyrun --report it", r"tinyrun --report it\'s.txt "),
    (
        "tinyrun --unknown-imports=trap",
        "tinyrun --unknown-imports=trap ",
    ),
    (
        "tinyrun --unknown-imports=t",
        "tinyrun --unknown-imports=tra",
    ),
    ("tinyrun --trace=n", "tinyrun --trace=notes.txt "),
    ("tinyrun --trace on", "tinyrun --trace only.wasm "),
    (
        "tinyrun --env TINYRUN_TEST_",
        "tinyrun --env TINYRUN_TEST_NAME ",
    ),
    (
        "tinyrun --env=TINYRUN_TEST_",
        "tinyrun --env=TINYRUN_TEST_NAME ",
    ),
    (
        "tinyrun --preload env=sub/l",
        "tinyrun --preload env=sub/lib.wat ",
    ),
    (
        "tinyrun --import env.fetch=p",
        "tinyrun --import env.fetch=print ",
    ),
    // The only module in this directory.
    ("tinyrun --import env.f", "tinyrun --import env.fetch="),
    ("tinyrun --invoke=ad", "tinyrun --invoke=add "),
    ("tinyrun --invoke 'a ", "tinyrun --invoke 'a b' "),
    // The program's arguments.
    ("tinyrun only.wasm not", "tinyrun only.wasm notes.txt "),
    ("tinyrun only.wasm --di", "tinyrun only.wasm --di"),
];

/// Lines that not every shell completes alike: with the cursor before the module, which fish hides.
const BEFORE_MODULE: [(&str, &str, &str); 3] = [
    (
        "bash",
        "tinyrun --invoke mu| sub/lib.wat",
        "tinyrun --invoke mul sub/lib.wat",
    ),
    (
        "bash",
        "tinyrun --import=env.p| sub/lib.wat",
        "tinyrun --import=env.put= sub/lib.wat",
    ),
    (
        "zsh",
        "tinyrun --invoke mu| sub/lib.wat",
        "tinyrun --invoke mul  sub/lib.wat",
    ),
];

/// The time that a shell may take for a line on a busy machine.
const LINE_TIMEOUT: Duration = Duration::from_secs(20);

const TAB: u8 = b'\t';
const CTRL_B: u8 = 2;
const CTRL_E: u8 = 5;
const CTRL_T: u8 = 20;
const CTRL_U: u8 = 21;

pub fn trials() -> Vec<Trial> {
    let trial = |shell: Shell| {
        let name = format!("completions/at the prompt of {}", shell.name);
        crate::ignorable_trial(name, move || completes(&shell))
    };
    SHELLS.into_iter().map(trial).collect()
}

fn completes(shell: &Shell) -> Result<Completion> {
    let probe = format!("command -v {}", shell.name);
    if shell::run(&probe, shell::root()).status != 0 {
        let reason = format!("{} is not on PATH", shell.name);
        return Ok(Completion::ignored_with(reason));
    }
    let mut prompt = Prompt::open(shell)?;
    let own = BEFORE_MODULE
        .iter()
        .filter(|(name, ..)| *name == shell.name);
    let own = own.map(|(_, typed, completed)| (typed, completed));
    let shared = LINES.iter().map(|(typed, completed)| (typed, completed));
    for (typed, completed) in shared.chain(own) {
        let line = prompt.complete(typed)?;
        ensure!(line == *completed, "{typed:?} became {line:?}");
    }
    Ok(Completion::Completed)
}

/// A shell in a directory of its own.
struct Prompt {
    keyboard: File,
    child: Child,
    lines_file: PathBuf,
    lines: usize,
    _place: TempDir,
}

impl Prompt {
    fn open(shell: &Shell) -> Result<Self> {
        let place = place()?;
        let lines_file = place.path().join("lines");
        let (ours, theirs) = terminal()?;
        tcsetwinsize(
            &theirs,
            Winsize {
                ws_row: 40,
                ws_col: 200,
                ws_xpixel: 0,
                ws_ypixel: 0,
            },
        )?;
        // The shell's terminal must be its controlling terminal.
        let command = format!("exec setsid --ctty --wait {} {}", shell.name, shell.options);
        let child = shell::command(command, &place.path().join("work"))
            .env("HOME", place.path().join("home"))
            .env("LINES_FILE", &lines_file)
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env("TINYRUN_TEST_NAME", "1")
            .stdin(theirs.try_clone()?)
            .stdout(theirs.try_clone()?)
            .stderr(theirs)
            .spawn()?;
        let mut screen = File::from(ours.try_clone()?);
        // The shell waits if nothing reads what it prints.
        thread::spawn(move || io::copy(&mut screen, &mut io::sink()));
        let mut prompt = Self {
            keyboard: File::from(ours),
            child,
            lines_file,
            lines: 0,
            _place: place,
        };
        prompt.press(format!("{}\r", shell.setup).as_bytes())?;
        Ok(prompt)
    }

    /// Types a line, with the cursor at `|` if there is one, and completes it.
    fn complete(&mut self, line: &str) -> Result<String> {
        let (before, after) = line.split_once('|').unwrap_or((line, ""));
        let mut keys = format!("{before}{after}").into_bytes();
        keys.extend(std::iter::repeat_n(CTRL_B, after.len()));
        keys.extend([TAB, CTRL_T]);
        let completed = self.press(&keys)?;
        self.keyboard.write_all(&[CTRL_E, CTRL_U])?;
        Ok(completed)
    }

    /// Presses keys and returns the line that the shell then writes.
    fn press(&mut self, keys: &[u8]) -> Result<String> {
        self.keyboard.write_all(keys)?;
        let started = Instant::now();
        loop {
            let written = fs::read_to_string(&self.lines_file).unwrap_or_default();
            let mut lines = written.split_inclusive('\n');
            if let Some(line) = lines
                .nth(self.lines)
                .and_then(|line| line.strip_suffix('\n'))
            {
                self.lines += 1;
                return Ok(line.to_owned());
            }
            if started.elapsed() > LINE_TIMEOUT {
                bail!("{:?} had no effect", String::from_utf8_lossy(keys));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        // Closing the terminal would also end the shell, but later.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory with files to complete in `work` and `home`.
fn place() -> Result<TempDir> {
    const MODULE: &str = r#"(module (import "env" "fetch" (func)) (memory (export "memory") 1)
        (func (export "add")) (func (export "a b")) (func (export "malloc")))"#;
    const LIBRARY: &str = r#"(module (import "env" "put" (func)) (func (export "mul")))"#;
    let place = tempfile::tempdir()?;
    let create = |file: &str, content: &str| -> Result<()> {
        let path = place.path().join(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        Ok(fs::write(path, content)?)
    };
    create("work/only.wasm", MODULE)?;
    create("work/sub/lib.wat", LIBRARY)?;
    create("work/my dir/inner.wasm", MODULE)?;
    create("work/notes.txt", "")?;
    create("work/it's.txt", "")?;
    create("home/home dir/sub/file", "")?;
    Ok(place)
}
