//! The sessions of `testdata/*/*.session` on the hand-written modules beside them, a test each.

use crate::{session, shell};
use libtest_mimic::Trial;
use std::path::PathBuf;

pub fn trials() -> Vec<Trial> {
    let folders = shell::entries(&shell::root().join("testdata"), "");
    // What lies there has to be made first: see `programs` and `signatures`.
    let folders = folders
        .into_iter()
        .filter(|folder| !folder.ends_with("tinygo"));
    let paths = folders.flat_map(|folder| shell::entries(&folder, "session"));
    paths.map(trial).collect()
}

fn trial(path: PathBuf) -> Trial {
    let folder = path.parent().expect("a file is in a folder").to_owned();
    let name = shell::name_below("testdata", &path);
    Trial::test(name, move || session::check(&path, &folder))
}
