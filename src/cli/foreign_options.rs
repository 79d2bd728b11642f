//! Options of other runtimes that have another name in tinyrun, or no equivalent. tinyrun does not accept them as
//! aliases, but the error names the replacement.

use std::ffi::OsString;

/// An option of another runtime.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignOption {
    /// The option as it was typed, with its value.
    pub typed: String,
    /// The runtime that has it.
    pub runtime: &'static str,
    /// What to write instead.
    pub advice: String,
}

/// What replaces a foreign option, or one of its keys.
#[derive(Clone, Copy)]
enum Replacement {
    /// This option, with the same value.
    WithValue(&'static str),
    /// This text.
    Text(&'static str),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

use Replacement::{Nothing, Text, WithValue};

const ALWAYS: Replacement = Nothing("tinyrun always does this; leave it out");
const UNCOMPILED: Replacement = Nothing("tinyrun does not compile modules; leave it out");

const SOCKETS: Replacement = Nothing("tinyrun has no sockets");

/// A key and its replacement.
type Key = (&'static str, Replacement);

/// The options of wasmtime that take keys: short name, long name, keys. The last key, `""`, is for all other keys.
#[rustfmt::skip]
const WASMTIME: [(&str, &str, &[Key]); 5] = [
    ("-W", "--wasm", &[
        ("fuel", WithValue("--fuel")),
        ("timeout", WithValue("--timeout")),
        ("max-memory-size", WithValue("--max-memory")),
        ("max-wasm-stack", WithValue("--max-stack")),
        ("unknown-imports-trap", Text("--unknown-imports trap")),
        ("unknown-imports-default", Text("--unknown-imports zero")),
        ("", Nothing("tinyrun has no equivalent; leave it out")),
    ]),
    ("-S", "--wasi", &[
        ("inherit-env", Text("--inherit-env")),
        ("cli", ALWAYS),
        ("common", ALWAYS),
        ("inherit-stdin", ALWAYS),
        ("inherit-stdout", ALWAYS),
        ("inherit-stderr", ALWAYS),
        ("", Nothing("tinyrun has WASI preview 1 without sockets, and nothing else")),
    ]),
    ("-O", "--optimize", &[("", UNCOMPILED)]),
    ("-C", "--codegen", &[("", UNCOMPILED)]),
    ("-D", "--debug", &[("", UNCOMPILED)]),
];

/// Options without keys. Go programs accept one dash as well as two.
#[rustfmt::skip]
const NAMED: [(&str, &str, Replacement); 19] = [
    ("cover", "go test", Text("--coverage FILE")),
    ("coverprofile", "go test", WithValue("--coverage")),
    ("coverpkg", "go test", WithValue("--coverage-packages")),
    ("env", "wazero", WithValue("--env")),
    ("env-inherit", "wazero", Text("--inherit-env")),
    ("timeout", "wazero", WithValue("--timeout")),
    ("interpreter", "wazero", Nothing("tinyrun is always an interpreter; leave it out")),
    ("cachedir", "wazero", UNCOMPILED),
    ("compilation-mode", "wasmi",
        Nothing("tinyrun translates each function when it is first called; leave it out")),
    ("hostlogging", "wazero", Text("--trace")),
    ("listen", "wazero", SOCKETS),
    ("tcplisten", "wasmi", SOCKETS),
    ("net", "wasmer", SOCKETS),
    ("entrypoint", "wasmer", WithValue("--invoke")),
    ("mapdir", "wasmer", Text("--dir HOST::GUEST")),
    ("memory", "Docker", WithValue("--max-memory")),
    ("e", "Docker", WithValue("--env")),
    ("tmpfs", "Docker", Text("--tmp")),
    ("workdir", "Docker",
        Nothing("--dir HOST::. mounts the directory in which the program finds relative paths")),
];

/// Finds an unknown option among the options of other runtimes. `unknown` is the option, or its start, as reported by
/// clap. `args` is the command line.
pub fn find(unknown: &str, args: &[OsString]) -> Option<ForeignOption> {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let at = (1..words.len()).find(|at| words[*at].starts_with(unknown))?;
    let (word, next) = (&*words[at], words.get(at + 1).map(|next| &**next));
    with_keys(word, next)
        .or_else(|| mount(word, next))
        .or_else(|| named(word, next))
}

/// An option with keys, such as `-W fuel=1,timeout=2s`.
fn with_keys(word: &str, next: Option<&str>) -> Option<ForeignOption> {
    let values = |short: &str, long: &str| match word.strip_prefix(long) {
        Some("") => Some(next.unwrap_or_default()),
        Some(values) => values.strip_prefix('='),
        None if word == short => Some(next.unwrap_or_default()),
        None => word.strip_prefix(short),
    };
    let known = WASMTIME.iter();
    let mut known = known.filter_map(|(short, long, keys)| Some((values(short, long)?, keys)));
    let (values, keys) = known.next()?;
    let replacements = values.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut keys = keys.iter();
        let (_, replacement) = keys.find(|(known, _)| [key, ""].contains(known))?;
        Some((*replacement, value))
    });
    Some(ForeignOption {
        typed: typed(word, next.filter(|next| values == *next)),
        runtime: "wasmtime",
        advice: advice(replacements),
    })
}

/// An option without keys.
fn named(word: &str, next: Option<&str>) -> Option<ForeignOption> {
    let (name, value) = name_and_value(word);
    let (_, runtime, replacement) = NAMED.iter().find(|(known, ..)| *known == name)?;
    let next = match replacement {
        WithValue(_) if value.is_none() => next,
        _ => None,
    };
    Some(ForeignOption {
        typed: typed(word, next),
        runtime,
        advice: advice([(*replacement, value.or(next).unwrap_or_default())]),
    })
}

/// wazero's `-mount HOST[:GUEST][:ro]`, and Docker's `--volume` of the same form.
fn mount(word: &str, next: Option<&str>) -> Option<ForeignOption> {
    let (name, value) = name_and_value(word);
    let runtime = match name {
        "mount" => "wazero",
        "volume" => "Docker",
        _ => return None,
    };
    let (value, next) = (value.or(next)?, next.filter(|_| value.is_none()));
    let (directories, option) = match value.strip_suffix(":ro") {
        Some(directories) => (directories, "--ro-dir"),
        None => (value, "--dir"),
    };
    let directories = directories.replacen(':', "::", 1);
    Some(ForeignOption {
        typed: typed(word, next),
        runtime,
        advice: format!("use {option} {directories}"),
    })
}

fn name_and_value(word: &str) -> (&str, Option<&str>) {
    let option = word.trim_start_matches('-');
    match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    }
}

fn typed(word: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{word} {next}"),
        None => word.to_owned(),
    }
}

/// The replacement of an option's keys and their values. Keys without a replacement are ignored if another key has one.
fn advice<'v>(keys: impl IntoIterator<Item = (Replacement, &'v str)>) -> String {
    let (mut words, mut reason) = (Vec::new(), "see tinyrun --help");
    for (replacement, value) in keys {
        match replacement {
            Text(_) if matches!(value, "n" | "no" | "false") => {
                reason = "this is tinyrun's default; leave it out";
            }
            Text(text) => words.push(text.to_owned()),
            WithValue(option) => words.push(format!("{option} {value}").trim_end().to_owned()),
            Nothing(why) => reason = why,
        }
    }
    if words.is_empty() {
        reason.to_owned()
    } else {
        format!("use {}", words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::ffi::OsString;

    fn args(line: &str) -> Vec<OsString> {
        let line = format!("tinyrun {line}");
        line.split(' ').map(Into::into).collect()
    }

    #[test]
    fn foreign_options_have_advice() {
        for (line, typed, advice) in [
            ("-W fuel=1000 m.wasm", "-W fuel=1000", "use --fuel 1000"),
            ("-Wfuel=1000 m.wasm", "-Wfuel=1000", "use --fuel 1000"),
            ("--wasm fuel=1", "--wasm fuel=1", "use --fuel 1"),
            ("--wasm=fuel=1", "--wasm=fuel=1", "use --fuel 1"),
            ("--dir . -W timeout=2s", "-W timeout=2s", "use --timeout 2s"),
            (
                "-W max-memory-size=9",
                "-W max-memory-size=9",
                "use --max-memory 9",
            ),
            (
                "-W max-wasm-stack=9",
                "-W max-wasm-stack=9",
                "use --max-stack 9",
            ),
            (
                "-W fuel=1,timeout=2",
                "-W fuel=1,timeout=2",
                "use --fuel 1 --timeout 2",
            ),
            (
                "-W unknown-imports-trap=y",
                "-W unknown-imports-trap=y",
                "use --unknown-imports trap",
            ),
            ("-W gc", "-W gc", "tinyrun has no equivalent; leave it out"),
            ("-W", "-W", "tinyrun has no equivalent; leave it out"),
            ("-S inherit-env", "-S inherit-env", "use --inherit-env"),
            (
                "-Scli,inherit-env=y",
                "-Scli,inherit-env=y",
                "use --inherit-env",
            ),
            (
                "-S inherit-env=n",
                "-S inherit-env=n",
                "this is tinyrun's default; leave it out",
            ),
            ("-S cli", "-S cli", "tinyrun always does this; leave it out"),
            (
                "-S http",
                "-S http",
                "tinyrun has WASI preview 1 without sockets, and nothing else",
            ),
            (
                "-O opt-level=2",
                "-O opt-level=2",
                "tinyrun does not compile modules; leave it out",
            ),
            ("-mount=.:/ m.wasm", "-mount=.:/", "use --dir .::/"),
            (
                "-mount data:/data:ro m.wasm",
                "-mount data:/data:ro",
                "use --ro-dir data::/data",
            ),
            ("--mount=data:ro", "--mount=data:ro", "use --ro-dir data"),
            (
                "--volume /a:/b:ro",
                "--volume /a:/b:ro",
                "use --ro-dir /a::/b",
            ),
            ("-env A=1", "-env A=1", "use --env A=1"),
            ("-e A=1 m.wasm", "-e A=1", "use --env A=1"),
            ("--memory=64m", "--memory=64m", "use --max-memory 64m"),
            ("--net m.wasm", "--net", "tinyrun has no sockets"),
            (
                "-listen=:80 m.wasm",
                "-listen=:80",
                "tinyrun has no sockets",
            ),
            ("-hostlogging=all m.wasm", "-hostlogging=all", "use --trace"),
            ("-env-inherit m.wasm", "-env-inherit", "use --inherit-env"),
            ("-timeout=2s m.wasm", "-timeout=2s", "use --timeout 2s"),
            (
                "-interpreter m.wasm",
                "-interpreter",
                "tinyrun is always an interpreter; leave it out",
            ),
        ] {
            let args = args(line);
            // clap reports a short option, or a long one without its value.
            let word = line
                .split(' ')
                .find(|word| word.starts_with('-') && *word != "--dir");
            let word = word.unwrap_or_default();
            let option = if word.starts_with("--") {
                word.split('=').next().unwrap_or_default()
            } else {
                &word[..2]
            };
            let found = find(option, &args).map(|found| (found.typed, found.advice));
            assert_eq!(found, Some((typed.to_owned(), advice.to_owned())), "{line}");
        }
    }

    #[test]
    fn other_options_are_not_found() {
        for line in ["-x", "--dri .", "--mount", "-d"] {
            let args = args(line);
            let option = line.split(' ').next().unwrap_or_default();
            assert_eq!(find(option, &args), None, "{line}");
        }
    }
}
