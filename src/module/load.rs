//! Loads a module from a file or standard input. Its content decides the format, and the first bytes are enough to
//! refuse most other files without reading the rest.

use super::format::{self, Format};
use super::{Interface, Module, is_standard_input, merge_data, name_of, skip_custom_sections};
use crate::error::{Error, ErrorKind};
use crate::file_id::FileId;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The largest module that is read, the limit of engines on the web:
/// <https://webassembly.github.io/spec/js-api/#limits>.
const MAX_MODULE_BYTES: u64 = 1 << 30;

/// The largest text that is assembled, which takes several times as much memory.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// How many bytes are read to recognise the format.
const HEAD_BYTES: u64 = 4 << 10;

/// The parts of a module that are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadedParts {
    /// The whole file.
    All,
    /// What runs: custom sections may be missing, and data segments merged.
    Program,
}

/// Loads the whole of a module that was loaded from `path` without custom sections. Returns `None` if none were
/// skipped, or if the path leads to another file or program by now. Another file is not opened: the program may have
/// replaced it with a link to a pipe or a device.
pub fn whole(module: &Module, path: &Path) -> Option<Module> {
    let is_same_file = || fs::metadata(path).ok().map(|now| FileId::from(&now)) == module.file;
    if module.part == LoadedParts::All || !is_same_file() {
        return None;
    }
    let load = |part| load(path, part).ok();
    let again = load(LoadedParts::Program)?;
    let is_same = again.part == LoadedParts::Program && again.wasm == module.wasm;
    if is_same {
        load(LoadedParts::All)
    } else {
        None
    }
}

/// Loads the module at `path`, or from standard input if that is `-`, and reads its interface.
///
/// # Errors
///
/// `NotFound` if there is no such file. `Module` if it cannot be read, is too large, or is not a module but some other
/// file, a component, malformed text or a malformed binary.
pub fn load(path: &Path, part: LoadedParts) -> Result<Module, Error> {
    let name = name_of(path);
    let (bytes, part, id) = if is_standard_input(path) {
        let bytes = read(io::stdin().lock(), 0, &name)?;
        (bytes, LoadedParts::All, None)
    } else {
        let (file, metadata) = open(path, &name)?;
        let skimmed = match part {
            LoadedParts::Program if metadata.is_file() => read_program(&file, metadata.len()),
            _ => None,
        };
        let (bytes, part) = match skimmed {
            Some(program) => (program, LoadedParts::Program),
            None => (read(file, metadata.len(), &name)?, LoadedParts::All),
        };
        (bytes, part, Some(FileId::from(&metadata)))
    };
    let mut wasm = match format::recognise(&bytes)
        .map_err(|not_module| not_module.explain(&name))?
    {
        Format::Binary => bytes,
        Format::Text if bytes.len() > MAX_TEXT_BYTES => {
            return Err(Error::module(format!(
                "{name} is larger than text may be (64 MiB)"
            )));
        }
        Format::Text => format::assemble(&bytes, &name).map_err(|error| error.explain(&name))?,
    };
    let interface = Interface::read(&wasm)
        .map_err(|error| Error::module(format!("{name} is not a valid module")).caused_by(error))?;
    if part == LoadedParts::Program {
        merge_data::merge_segments(&mut wasm, &interface);
    }
    Ok(Module {
        name,
        wasm,
        interface,
        part,
        file: id,
    })
}

/// Opens a file that is not a directory.
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

/// Reads what runs of a module in the binary format; `None` if the file has another format or layout.
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

/// Reads all of `source`, of about `length` bytes, unless it does not begin like a module.
fn read(mut source: impl Read, length: u64, name: &str) -> Result<Vec<u8>, Error> {
    let unreadable =
        |error: io::Error| Error::module(format!("cannot read {name}")).caused_by(error);
    let too_large = || Error::module(format!("{name} is larger than a module may be (1 GiB)"));
    if length > MAX_MODULE_BYTES {
        return Err(too_large());
    }
    // One more byte, so that reading to the end does not grow the buffer.
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
