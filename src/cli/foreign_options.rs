//! Habits from other runtimes: their options that have another name here, or no use. None is accepted,
//! so that a script says the same to everybody; each is answered with what to write instead.

use std::ffi::OsString;

/// An option of another runtime's.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignOption {
    /// As it was typed, with its value.
    pub typed: String,
    /// Whose it is.
    pub owner: &'static str,
    /// What to write instead.
    pub advice: String,
}

/// What stands here for an option, or for one of its keys.
#[derive(Clone, Copy)]
enum Here {
    /// This option, with the same value.
    Valued(&'static str),
    /// These words.
    Words(&'static str),
    /// Nothing, since it goes without saying or has no use: why.
    Nothing(&'static str),
}

use Here::{Nothing, Valued, Words};

/// Keys, and what stands for each.
type Keys = &'static [(&'static str, Here)];

/// wasmtime's options that take keys: both their names, and what stands for the keys. A key that is not
/// listed is as the last one.
const WASMTIME: [(&str, &str, Keys); 5] = [
    (
        "-W",
        "--wasm",
        &[
            ("fuel", Valued("--fuel")),
            ("timeout", Valued("--timeout")),
            ("max-memory-size", Valued("--max-memory")),
            ("max-wasm-stack", Valued("--max-stack")),
            ("unknown-imports-trap", Words("--unknown-imports trap")),
            ("unknown-imports-default", Words("--unknown-imports zero")),
            ("", Nothing("nothing stands for it here; leave it out")),
        ],
    ),
    (
        "-S",
        "--wasi",
        &[
            ("inherit-env", Words("--inherit-env")),
            ("cli", ALWAYS),
            ("common", ALWAYS),
            ("inherit-stdin", ALWAYS),
            ("inherit-stdout", ALWAYS),
            ("inherit-stderr", ALWAYS),
            (
                "",
                Nothing("here is WASI preview 1 without sockets, and no more"),
            ),
        ],
    ),
    ("-O", "--optimize", &[("", UNCOMPILED)]),
    ("-C", "--codegen", &[("", UNCOMPILED)]),
    ("-D", "--debug", &[("", UNCOMPILED)]),
];

/// Options that are told by their names alone. Go's programs take one dash as well as two.
const NAMED: [(&str, &str, Here); 7] = [
    ("env", "wazero", Valued("--env")),
    ("env-inherit", "wazero", Words("--inherit-env")),
    ("timeout", "wazero", Valued("--timeout")),
    (
        "interpreter",
        "wazero",
        Nothing("tinyrun always interprets; leave it out"),
    ),
    ("cachedir", "wazero", UNCOMPILED),
    (
        "compilation-mode",
        "wasmi",
        Nothing("each function is translated when it is called; leave it out"),
    ),
    ("tcplisten", "wasmi", Nothing("there are no sockets here")),
];

const ALWAYS: Here = Nothing("that is always so here; leave it out");
const UNCOMPILED: Here = Nothing("nothing is compiled here; leave it out");

/// The option of another runtime's that begins with `typed`, which is none of ours, on a command line.
pub fn of(typed: &str, args: &[OsString]) -> Option<ForeignOption> {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let at = (1..words.len()).find(|at| words[*at].starts_with(typed))?;
    let (word, next) = (&*words[at], words.get(at + 1).map(|next| &**next));
    keyed(word, next).or_else(|| named(word, next))
}

/// One that takes keys: `-W fuel=1,timeout=2s`.
fn keyed(word: &str, next: Option<&str>) -> Option<ForeignOption> {
    let values = |short: &str, long: &str| match word.strip_prefix(long) {
        Some("") => Some(next.unwrap_or_default()),
        Some(values) => values.strip_prefix('='),
        None if word == short => Some(next.unwrap_or_default()),
        None => word.strip_prefix(short),
    };
    let known = WASMTIME.iter();
    let mut known = known.filter_map(|(short, long, keys)| Some((values(short, long)?, keys)));
    let (values, keys) = known.next()?;
    let here = values.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut keys = keys.iter();
        let (_, here) = keys.find(|(known, _)| [key, ""].contains(known))?;
        Some((*here, value))
    });
    Some(ForeignOption {
        typed: as_typed(word, next.filter(|next| values == *next)),
        owner: "wasmtime",
        advice: advice(here),
    })
}

/// One that is told by its name.
fn named(word: &str, next: Option<&str>) -> Option<ForeignOption> {
    let name = word.trim_start_matches('-');
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    };
    if name == "mount" {
        let (value, next) = (value.or(next)?, next.filter(|_| value.is_none()));
        return Some(ForeignOption {
            typed: as_typed(word, next),
            owner: "wazero",
            advice: mount(value),
        });
    }
    let (_, owner, here) = NAMED.iter().find(|(known, ..)| *known == name)?;
    let next = match here {
        Valued(_) if value.is_none() => next,
        _ => None,
    };
    Some(ForeignOption {
        typed: as_typed(word, next),
        owner,
        advice: advice([(*here, value.or(next).unwrap_or_default())]),
    })
}

fn as_typed(word: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{word} {next}"),
        None => word.to_owned(),
    }
}

/// wazero's mounts: `HOST`, `HOST:GUEST`, and `:ro` behind them.
fn mount(value: &str) -> String {
    let (value, option) = match value.strip_suffix(":ro") {
        Some(value) => (value, "--ro-dir"),
        None => (value, "--dir"),
    };
    match value.split_once(':') {
        Some((host, guest)) => format!("here it is {option} {host}::{guest}"),
        None => format!("here it is {option} {value}"),
    }
}

/// What to write instead of all these; what has no use is left out where something has.
fn advice<'v>(here: impl IntoIterator<Item = (Here, &'v str)>) -> String {
    let (mut words, mut why) = (Vec::new(), "tinyrun --help shows what there is");
    for (here, value) in here {
        match here {
            // A key that is switched off.
            Words(_) if matches!(value, "n" | "no" | "false") => {
                why = "that is so here; leave it out"
            }
            Words(option) => words.push(option.to_owned()),
            Valued(option) => words.push(format!("{option} {value}").trim_end().to_owned()),
            Nothing(reason) => why = reason,
        }
    }
    match words.is_empty() {
        true => why.to_owned(),
        false => format!("here it is {}", words.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn habits_are_answered_with_what_to_write() {
        for (line, typed, advice) in [
            (
                "-W fuel=1000 m.wasm",
                "-W fuel=1000",
                "here it is --fuel 1000",
            ),
            (
                "-Wfuel=1000 m.wasm",
                "-Wfuel=1000",
                "here it is --fuel 1000",
            ),
            ("--wasm fuel=1", "--wasm fuel=1", "here it is --fuel 1"),
            ("--wasm=fuel=1", "--wasm=fuel=1", "here it is --fuel 1"),
            (
                "--dir . -W timeout=2s",
                "-W timeout=2s",
                "here it is --timeout 2s",
            ),
            (
                "-W max-memory-size=9",
                "-W max-memory-size=9",
                "here it is --max-memory 9",
            ),
            (
                "-W max-wasm-stack=9",
                "-W max-wasm-stack=9",
                "here it is --max-stack 9",
            ),
            (
                "-W fuel=1,timeout=2",
                "-W fuel=1,timeout=2",
                "here it is --fuel 1 --timeout 2",
            ),
            (
                "-W unknown-imports-trap=y",
                "-W unknown-imports-trap=y",
                "here it is --unknown-imports trap",
            ),
            ("-W gc", "-W gc", "nothing stands for it here; leave it out"),
            ("-W", "-W", "nothing stands for it here; leave it out"),
            (
                "-S inherit-env",
                "-S inherit-env",
                "here it is --inherit-env",
            ),
            (
                "-Scli,inherit-env=y",
                "-Scli,inherit-env=y",
                "here it is --inherit-env",
            ),
            (
                "-S inherit-env=n",
                "-S inherit-env=n",
                "that is so here; leave it out",
            ),
            ("-S cli", "-S cli", "that is always so here; leave it out"),
            (
                "-S http",
                "-S http",
                "here is WASI preview 1 without sockets, and no more",
            ),
            (
                "-O opt-level=2",
                "-O opt-level=2",
                "nothing is compiled here; leave it out",
            ),
            ("-mount=.:/ m.wasm", "-mount=.:/", "here it is --dir .::/"),
            (
                "-mount data:/data:ro m.wasm",
                "-mount data:/data:ro",
                "here it is --ro-dir data::/data",
            ),
            (
                "--mount=data:ro",
                "--mount=data:ro",
                "here it is --ro-dir data",
            ),
            ("-env A=1", "-env A=1", "here it is --env A=1"),
            (
                "-env-inherit m.wasm",
                "-env-inherit",
                "here it is --inherit-env",
            ),
            (
                "-timeout=2s m.wasm",
                "-timeout=2s",
                "here it is --timeout 2s",
            ),
            (
                "-interpreter m.wasm",
                "-interpreter",
                "tinyrun always interprets; leave it out",
            ),
        ] {
            let args: Vec<_> = format!("tinyrun {line}")
                .split(' ')
                .map(Into::into)
                .collect();
            // What clap complains of is a short option, or a long one without its value.
            let word = line
                .split(' ')
                .find(|word| word.starts_with('-') && *word != "--dir");
            let word = word.unwrap_or_default();
            let option = match word.starts_with("--") {
                true => word.split('=').next().unwrap_or_default(),
                false => &word[..2],
            };
            let habit = of(option, &args).map(|habit| (habit.typed, habit.advice));
            assert_eq!(habit, Some((typed.to_owned(), advice.to_owned())), "{line}");
        }
    }

    #[test]
    fn other_options_are_no_habits() {
        for line in ["-x", "--dri .", "--mount", "-e A=1"] {
            let args: Vec<_> = format!("tinyrun {line}")
                .split(' ')
                .map(Into::into)
                .collect();
            let option = line.split(' ').next().unwrap_or_default();
            assert_eq!(of(option, &args), None, "{line}");
        }
    }
}
