//! The program's environment variables: the caller's for `--inherit-env`, replaced by those of `--env-file`, and
//! these by those of `--env`.

use super::environment;
use crate::cli::Run;
use crate::cli::values::env_file;
use crate::cli::values::env_var::EnvVar;
use crate::error::Error;
use crate::report;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How large an `--env-file` may be: larger than the environment that Linux gives a process.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// A variable of one source; without a value if the caller has none to pass on.
type Variable = (String, Option<String>);

/// The variables, each name once, with its last value.
///
/// # Errors
///
/// `CommandLine` if a file cannot be read or parsed, or if the value of a variable named by `--env` is not UTF-8.
pub(super) fn collect(options: &Run) -> Result<Vec<(String, String)>, Error> {
    let mut variables: Vec<Variable> = Vec::new();
    if options.inherit_env {
        variables.extend(inherited());
    }
    for path in &options.env_files {
        let of_file = read_file(path)?.into_iter();
        variables.extend(of_file.map(|(name, value)| (name, Some(value))));
    }
    for variable in &options.env {
        variables.push(match variable {
            EnvVar::Set { name, value } => (name.clone(), Some(value.clone())),
            EnvVar::Pass { name } => {
                let value = environment::variable(name).map(|value| utf8(name, value));
                (name.clone(), value.transpose()?)
            }
        });
    }
    Ok(last_of_each(variables))
}

/// The caller's variables. One that is not UTF-8 is left out with a warning, since no option names it.
fn inherited() -> impl Iterator<Item = Variable> {
    environment::variables().filter_map(|(name, value)| {
        match (name.to_str(), value.into_string()) {
            (Some(name), Ok(value)) => Some((name.to_owned(), Some(value))),
            _ => {
                let name = name.display();
                report::print_warning(&format!(
                    "the variable {name} is not passed on: it is not UTF-8, which WASI requires"
                ));
                None
            }
        }
    })
}

fn read_file(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        Error::command_line(format!("cannot read --env-file {shown}")).caused_by(error)
    })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("--env-file {shown} is larger than 16 MiB");
        return Err(Error::command_line(message));
    }
    env_file::parse(&bytes).map_err(|error| {
        let line = error.line;
        Error::command_line(format!("{shown}:{line}: {}", error.message))
    })
}

fn utf8(name: &str, value: OsString) -> Result<String, Error> {
    value.into_string().map_err(|_| {
        Error::command_line(format!(
            "the variable {name} is not UTF-8, which WASI requires"
        ))
    })
}

/// The last variable of each name, if it has a value.
fn last_of_each(variables: Vec<Variable>) -> Vec<(String, String)> {
    let mut names = BTreeSet::new();
    let mut last: Vec<_> = variables
        .into_iter()
        .rev()
        .filter(|(name, _)| names.insert(name.clone()))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    last.reverse();
    last
}
