//! Loads a module from a file or standard input. The content determines the format. Most files that are not modules are
//! refused after reading only the first bytes.

use super::format::{self, Format};
use super::{
    Interface, Module, is_standard_input, merge_data, name_of, proposals, skip_custom_sections,
};
use crate::error::{Error, ErrorKind};
use crate::file_id::FileId;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The maximum size of a module, as in engines on the web:
/// <https://webassembly.github.io/spec/js-api/#limits>.
const MAX_MODULE_BYTES: u64 = 1 << 30;

/// The maximum size of text that is assembled. Assembling needs several times as much memory.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// The number of bytes that are read to recognise the format.
const HEAD_BYTES: u64 = 4 << 10;

/// The parts of a module that are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadedParts {
    /// The whole file.
    All,
    /// The parts that are needed to run the module. Custom sections may be missing, and data segments may be merged.
    Program,
}

/// Loads all parts of a module that was loaded from `path` without custom sections. Returns `None` if no sections were
/// skipped, or if the file was replaced or changed. A file that replaced it is not opened, since the program may have
/// made it a link to a pipe or a device.
pub fn load_all_parts(module: &Module, path: &Path) -> Option<Module> {
    let is_same_file = || fs::metadata(path).ok().map(|now| FileId::from(&now)) == module.file;
    if module.parts == LoadedParts::All || !is_same_file() {
        return None;
    }
    let load = |parts| load(path, parts).ok();
    let again = load(LoadedParts::Program)?;
    let is_same = again.parts == LoadedParts::Program && again.wasm == module.wasm;
    if is_same {
        load(LoadedParts::All)
    } else {
        None
    }
}

/// Loads a module and reads its interface. The path `-` means standard input.
///
/// # Errors
///
/// `NotFound` if the file does not exist. `Module` if it cannot be read, is too large, is malformed, or is a component
/// or not a module.
pub fn load(path: &Path, parts: LoadedParts) -> Result<Module, Error> {
    let name = name_of(path);
    let (bytes, parts, id) = if is_standard_input(path) {
        let bytes = read(io::stdin().lock(), 0, &name)?;
        (bytes, LoadedParts::All, None)
    } else {
        let (file, metadata) = open(path, &name)?;
        let program = match parts {
            LoadedParts::Program if metadata.is_file() => read_program(&file, metadata.len()),
            _ => None,
        };
        let (bytes, parts) = match program {
            Some(program) => (program, LoadedParts::Program),
            None => (read(file, metadata.len(), &name)?, LoadedParts::All),
        };
        (bytes, parts, Some(FileId::from(&metadata)))
    };
    let mut wasm = match format::recognise(&bytes)
        .map_err(|not_module| not_module.explain(&name))?
    {
        Format::Binary => bytes,
        Format::Text if bytes.len() > MAX_TEXT_BYTES => {
            return Err(Error::module(format!(
                "{name} is too large: the limit for the text format is 64 MiB"
            )));
        }
        Format::Text => format::assemble(&bytes, &name).map_err(|error| error.explain(&name))?,
    };
    let interface =
        Interface::read(&wasm).map_err(|error| proposals::explain_refusal(&name, &wasm, error))?;
    if parts == LoadedParts::Program {
        merge_data::merge_segments(&mut wasm, &interface);
    }
    Ok(Module {
        name,
        wasm,
        interface,
        parts,
        file: id,
    })
}

/// Opens a file, and refuses a directory.
fn open(path: &Path, name: &str) -> Result<(File, Metadata), Error> {
    let unreadable =
        |error: io::Error| Error::module(format!("cannot read {name}")).caused_by(error);
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => not_found(path, name),
        _ => unreadable(error),
    })?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::module(format!(
            "{name} is a directory, not a module"
        )));
    }
    Ok((file, metadata))
}

/// Reads a module in the binary format without custom sections; `None` if the file has another format, or cannot be
/// read this way.
fn read_program(file: &File, length: u64) -> Option<Vec<u8>> {
    let mut head = [0; 8];
    file.read_exact_at(&mut head, 0).ok()?;
    match format::recognise(&head) {
        Ok(Format::Binary) if length <= MAX_MODULE_BYTES => {
            skip_custom_sections::read(file, length)
        }
        _ => None,
    }
}

fn not_found(path: &Path, name: &str) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("{name} was not found"));
    let mut with_ending = path.as_os_str().to_owned();
    with_ending.push(".wasm");
    let with_ending = Path::new(&with_ending);
    if with_ending.is_file() {
        return error.hint(format!("there is {}", with_ending.display()));
    }
    error
}

/// Reads all of `source`. Fails early if its first bytes are not those of a module. `length` is the expected length.
fn read(mut source: impl Read, length: u64, name: &str) -> Result<Vec<u8>, Error> {
    let unreadable =
        |error: io::Error| Error::module(format!("cannot read {name}")).caused_by(error);
    let too_large = || {
        Error::module(format!(
            "{name} is too large: the limit for a module is 1 GiB"
        ))
    };
    if length > MAX_MODULE_BYTES {
        return Err(too_large());
    }
    // With one more byte, the buffer does not grow when the end of the file is read.
    let mut bytes = Vec::with_capacity(length.max(HEAD_BYTES) as usize + 1);
    source
        .by_ref()
        .take(HEAD_BYTES)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    format::recognise(&bytes).map_err(|not_module| not_module.explain(name))?;
    source
        .take(MAX_MODULE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_MODULE_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}
