//! Reads source files that debug information names. A hostile module can name any file, and a page of coverage shows what
//! was read, so only source code of the user's projects is read.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The extensions of files with source code.
const EXTENSIONS: [&str; 17] = [
    "S", "adb", "c", "c++", "cc", "cpp", "cxx", "go", "h", "hh", "hpp", "hxx", "inc", "rs", "s",
    "swift", "zig",
];

/// The maximum size of a source file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The maximum size of all source files that are read, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// Reads the source files of a run, up to a maximum size.
#[derive(Debug)]
pub(super) struct SourceReader {
    /// The working directory, without symbolic links.
    current: Option<PathBuf>,
    /// The number of bytes that may still be read.
    left: u64,
}

impl SourceReader {
    pub(super) fn new(current: &Path) -> Self {
        Self {
            current: current.canonicalize().ok(),
            left: MAX_BYTES,
        }
    }

    /// The text of a source file in the working directory or in a directory with go.mod; `None` if it is elsewhere or
    /// cannot be read. A symbolic link must not lead out of the directory.
    pub(super) fn read(&mut self, path: &Path) -> Option<String> {
        let resolved = path.canonicalize().ok()?;
        if !is_source(path) || !is_source(&resolved) || !self.is_in_project(path, &resolved) {
            return None;
        }
        let text = read(&resolved, MAX_FILE_BYTES.min(self.left))?;
        self.left -= text.len() as u64;
        Some(text)
    }

    fn is_in_project(&self, path: &Path, resolved: &Path) -> bool {
        let is_in = |directory: &Path| resolved.starts_with(directory);
        self.current.as_deref().is_some_and(is_in)
            || go_directory(path).is_some_and(|directory| is_in(&directory))
    }
}

/// The nearest directory above a file that has a go.mod, without symbolic links.
fn go_directory(path: &Path) -> Option<PathBuf> {
    let directories = path.ancestors().skip(1);
    let mut directories = directories.filter(|directory| directory.is_absolute());
    directories
        .find(|directory| directory.join("go.mod").is_file())?
        .canonicalize()
        .ok()
}

fn is_source(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// The text of a file; `None` if it cannot be read, is not a regular file of UTF-8 text, or has more than `max_bytes`.
/// Does not block on files such as pipes.
pub(super) fn read(path: &Path, max_bytes: u64) -> Option<String> {
    let mut options = OpenOptions::new();
    let options = options
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(max_bytes + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= max_bytes).then_some(text)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::SourceReader;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_source_files_of_projects_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        for name in ["here/sub", "module/sub", "elsewhere"] {
            fs::create_dir_all(root.join(name)).expect("a directory");
        }
        for name in [
            "here/a b.c",
            "here/passwd",
            "here/key.pem",
            "module/go.mod",
            "module/sub/a.go",
            "module/sub/notes.txt",
            "elsewhere/a.go",
            "elsewhere/secret",
        ] {
            fs::write(root.join(name), name).expect("a file");
        }
        for (link, target) in [
            ("here/out.go", "elsewhere/a.go"),
            ("here/secret.go", "here/passwd"),
            ("here/in.c", "here/a b.c"),
            ("module/out", "elsewhere"),
            ("elsewhere/in.go", "module/sub/a.go"),
        ] {
            symlink(root.join(target), root.join(link)).expect("a link");
        }
        fs::create_dir(root.join("here/directory.go")).expect("a directory");
        let mut reader = SourceReader::new(&root.join("here"));
        for (name, is_read) in [
            ("here/a b.c", true),
            ("here/in.c", true),
            ("here/passwd", false),
            ("here/key.pem", false),
            ("here/out.go", false),
            ("here/secret.go", false),
            ("here/directory.go", false),
            ("here/missing.go", false),
            ("here/sub/../../elsewhere/a.go", false),
            ("module/sub/a.go", true),
            ("module/go.mod", false),
            ("module/sub/notes.txt", false),
            ("module/out/a.go", false),
            ("elsewhere/a.go", false),
            ("elsewhere/in.go", false),
            ("elsewhere/secret", false),
        ] {
            let text = reader.read(&root.join(name));
            assert_eq!(text.is_some(), is_read, "{name}");
        }
    }

    #[test]
    fn the_size_of_all_files_is_limited() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.go");
        fs::write(&path, "12345").expect("a file");
        let mut reader = SourceReader::new(directory.path());
        reader.left = 9;
        assert!(reader.read(&path).is_some());
        assert!(reader.read(&path).is_none());
    }
}
