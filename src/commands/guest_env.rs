//! The program's environment variables. `--inherit-env` passes on tinyrun's own, `--tmp` sets `TMPDIR`, and
//! `--env-file` and then `--env` override those.

use super::environment;
use crate::cli::Run;
use crate::cli::values::env_file;
use crate::cli::values::env_var::EnvVar;
use crate::error::Error;
use crate::report;
use crate::temporary_dir;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The maximum size of an `--env-file`: more than Linux allows for the environment of a process.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// A variable of one source, without a value if tinyrun has none to pass on.
type Variable = (String, Option<String>);

/// Collects the variables, each name once, with its last value.
///
/// # Errors
///
/// `CommandLine` if a file cannot be read or parsed, or if the value of a variable that is passed on by name is not UTF-8.
pub(super) fn collect(options: &Run) -> Result<Vec<(String, String)>, Error> {
    let mut variables: Vec<Variable> = Vec::new();
    if options.inherit_env {
        variables.extend(inherited());
    }
    if options.tmp {
        let directory = temporary_dir::GUEST_PATH.to_owned();
        variables.push(("TMPDIR".to_owned(), Some(directory)));
    }
    for path in &options.env_files {
        for variable in read_file(path)? {
            variables.push(resolve(&variable)?);
        }
    }
    for variable in &options.env {
        variables.push(resolve(variable)?);
    }
    Ok(last_of_each(variables))
}

/// A variable with its own value, or else tinyrun's.
fn resolve(EnvVar { name, value }: &EnvVar) -> Result<Variable, Error> {
    let value = match value {
        Some(value) => Some(value.clone()),
        None => {
            let inherited = environment::variable(name);
            inherited.map(|value| utf8(name, value)).transpose()?
        }
    };
    Ok((name.clone(), value))
}

/// tinyrun's own variables. A variable that is not UTF-8 is skipped with a warning.
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

fn read_file(path: &Path) -> Result<Vec<EnvVar>, Error> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        Error::command_line(format!("cannot read --env-file {name}")).caused_by(error)
    })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("--env-file {name} is larger than 16 MiB");
        return Err(Error::command_line(message));
    }
    env_file::parse(&bytes).map_err(|error| {
        let line = error.line;
        Error::command_line(format!("{name}:{line}: {}", error.message))
    })
}

fn utf8(name: &str, value: OsString) -> Result<String, Error> {
    value.into_string().map_err(|_| {
        Error::command_line(format!(
            "the variable {name} is not UTF-8, which WASI requires"
        ))
    })
}

/// Keeps the last variable of each name, if it has a value.
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
