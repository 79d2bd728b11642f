//! The source files of all units. Each unit has its own list, so files are renumbered.

use super::{Debug, Slice, Unit};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A source file: its index in `Files::paths`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceFile(u32);

impl SourceFile {
    pub(super) fn index(self) -> u32 {
        self.0
    }
}

/// The source files that were read.
#[derive(Default)]
pub(super) struct Files {
    /// The files by the unit's offset and the number in the unit; `None` if the path cannot be read.
    by_number: HashMap<(usize, u64), Option<SourceFile>>,
    /// The last file of `by_number` that was looked up. Most rows of a line table have the file of the row before.
    last: Option<((usize, u64), Option<SourceFile>)>,
    by_path: HashMap<Arc<str>, SourceFile>,
    paths: Vec<Arc<str>>,
}

/// The maximum size of a path, as on Linux.
const MAX_PATH_BYTES: usize = 4096;

/// The memory for a file's number in a unit, and for its path, in bytes.
const BYTES_PER_NUMBER: usize = 64;
const BYTES_PER_PATH: usize = 96;

impl<'a> Debug<'a> {
    /// Returns a file by its number in a unit's line table.
    pub(super) fn file(
        &self,
        unit: &Unit<'a>,
        header: &gimli::LineProgramHeader<Slice<'a>>,
        index: u64,
    ) -> Option<SourceFile> {
        let key = (unit.header.debug_info_offset()?.0, index);
        if let Some((last, id)) = self.files.borrow().last
            && last == key
        {
            return id;
        }
        let known = self.files.borrow().by_number.get(&key).copied();
        let id = match known {
            Some(id) => id,
            None => {
                self.budget.take_bytes(BYTES_PER_NUMBER)?;
                let path = self.path(unit, header, index);
                path.and_then(|path| self.file_with_path(&path))
            }
        };
        let files = &mut *self.files.borrow_mut();
        files.by_number.insert(key, id);
        files.last = Some((key, id));
        id
    }

    /// Returns a file by its number in a unit's entries.
    pub(super) fn file_of(&self, unit: &Unit<'a>, index: u64) -> Option<SourceFile> {
        let program = unit.line_program.as_ref()?;
        self.file(unit, program.header(), index)
    }

    pub(super) fn path_of(&self, file: SourceFile) -> Arc<str> {
        let files = self.files.borrow();
        files
            .paths
            .get(file.0 as usize)
            .cloned()
            .unwrap_or_default()
    }

    /// Reads the files in all line tables.
    pub(super) fn read_files(&self) {
        // Units can share a line table.
        let mut tables = HashSet::new();
        for index in 0..self.units.len() {
            let Some(unit) = self.unit(index) else {
                continue;
            };
            let header = unit.line_program.as_ref().map(|program| program.header());
            let header = header.filter(|header| tables.insert(header.offset().0));
            let Some(header) = header else {
                continue;
            };
            // Before DWARF 5, the first file has number 1.
            for number in 0..=header.file_names().len() as u64 {
                self.file(&unit, header, number);
            }
        }
    }

    /// The paths of all files that were read, by index.
    pub(super) fn paths(&self) -> Vec<Arc<str>> {
        self.files.borrow().paths.clone()
    }

    fn file_with_path(&self, path: &str) -> Option<SourceFile> {
        let files = &mut *self.files.borrow_mut();
        if let Some(known) = files.by_path.get(path) {
            return Some(*known);
        }
        self.budget.take_bytes(BYTES_PER_PATH + path.len())?;
        let (id, path) = (SourceFile(files.paths.len() as u32), Arc::from(path));
        files.by_path.insert(Arc::clone(&path), id);
        files.paths.push(path);
        Some(id)
    }

    /// Joins a file's path: the directory of the compilation, the file's directory, and its name. A later part that is
    /// absolute replaces the earlier ones.
    fn path(
        &self,
        unit: &Unit<'a>,
        header: &gimli::LineProgramHeader<Slice<'a>>,
        index: u64,
    ) -> Option<String> {
        let text = |bytes: &[u8]| {
            self.budget
                .take_steps(bytes.len().min(MAX_PATH_BYTES) / 4)?;
            let is_path = bytes.len() <= MAX_PATH_BYTES;
            is_path.then(|| String::from_utf8_lossy(bytes).into_owned())
        };
        let attribute = |value| text(self.dwarf.attr_string(unit, value).ok()?.slice());
        let file = header.file(index)?;
        let name = attribute(file.path_name())?;
        let compilation = unit.comp_dir.and_then(|directory| text(directory.slice()));
        let directory = file.directory(header).and_then(attribute);
        let parts = [compilation, directory, Some(name)];
        let path = parts
            .iter()
            .flatten()
            .fold(String::new(), |path, part| join(path, part));
        (path.len() <= MAX_PATH_BYTES).then_some(path)
    }
}

/// Joins two parts of a path, of which the second may be absolute, also on Windows.
fn join(path: String, part: &str) -> String {
    match part.as_bytes() {
        [b'/' | b'\\', ..] | [b'a'..=b'z' | b'A'..=b'Z', b':', b'/' | b'\\', ..] => part.to_owned(),
        _ if path.is_empty() || path.ends_with('/') => path + part,
        _ => path + "/" + part,
    }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn an_absolute_part_replaces_the_others() {
        for (path, part, expected) in [
            ("", "a.go", "a.go"),
            ("/src", "a.go", "/src/a.go"),
            ("/", "a.go", "/a.go"),
            ("/src", "/go/a.go", "/go/a.go"),
            (r"C:\src", r"D:\a b\c.go", r"D:\a b\c.go"),
            (r"C:\src", "C:/a.go", "C:/a.go"),
            (r"C:\src", r"\\host\a.go", r"\\host\a.go"),
            ("src", "a:b.go", "src/a:b.go"),
        ] {
            assert_eq!(join(path.to_owned(), part), expected);
        }
    }
}
