//! The guest's variables: the caller's where all are passed on, over them those of files, and over those
//! the ones that were named.

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

/// The variables, each name once: the last one wins, and a variable to be passed on that the caller does
/// not have is left out.
///
/// # Errors
///
/// `CommandLine` where a file cannot be read as variables, or where one that was named is not UTF-8.
pub(super) fn settle(options: &Run) -> Result<Vec<(String, String)>, Error> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    if options.inherit_env {
        found.extend(inherited());
    }
    for path in &options.env_files {
        let variables = read_file(path)?.into_iter();
        found.extend(variables.map(|(name, value)| (name, Some(value))));
    }
    for variable in &options.env {
        found.push(match variable {
            EnvVar::Set { name, value } => (name.clone(), Some(value.clone())),
            EnvVar::Pass { name } => {
                let value = environment::variable(name).map(|value| utf8(name, value));
                (name.clone(), value.transpose()?)
            }
        });
    }
    Ok(last_of_each(found))
}

/// The caller's variables. One that cannot be told to a guest is left out: nobody named it.
fn inherited() -> impl Iterator<Item = (String, Option<String>)> {
    environment::variables().filter_map(|(name, value)| {
        match (name.to_str(), value.into_string()) {
            (Some(name), Ok(value)) => Some((name.to_owned(), Some(value))),
            _ => {
                let name = name.display();
                report::print_warning(&format!(
                    "the variable {name} is not UTF-8, which WASI asks for: it is not passed on"
                ));
                None
            }
        }
    })
}

/// The largest file that is read, in bytes: larger than what a process can be given.
const LARGEST: u64 = 16 << 20;

fn read_file(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let shown = path.display();
    let mut file = Vec::new();
    let read = File::open(path).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut file));
    read.map_err(|error| {
        Error::command_line(format!("--env-file {shown} cannot be read")).caused_by(error)
    })?;
    if file.len() as u64 > LARGEST {
        let message = format!("--env-file {shown} is larger than variables may be (16 MiB)");
        return Err(Error::command_line(message));
    }
    env_file::parse(&file).map_err(|slip| {
        let place = format!("{shown}:{}", slip.line);
        Error::command_line(format!("{place}: {}", slip.message))
    })
}

fn utf8(name: &str, value: OsString) -> Result<String, Error> {
    value.into_string().map_err(|_| {
        Error::command_line(format!(
            "the variable {name} is not UTF-8, which WASI asks for"
        ))
    })
}

/// Each name once, with what was said of it last, where that is a value.
fn last_of_each(found: Vec<(String, Option<String>)>) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<_> = found
        .into_iter()
        .rev()
        .filter(|(name, _)| seen.insert(name.clone()))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    last.reverse();
    last
}
