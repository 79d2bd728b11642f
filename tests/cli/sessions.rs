//! Runs the sessions `testdata/*/*.session`, each in its directory. Those in `testdata/pprof` are ignored if `go` is
//! missing.

use crate::programs::Compiler;
use libtest_mimic::Trial;
use std::path::PathBuf;
use tinyrun_test_support::{session, shell};

pub fn trials() -> Vec<Trial> {
    // These need preparation: see `programs`, `runners`, `signatures`, `release` and `coverage`.
    const PREPARED: [&str; 5] = ["tinygo", "runners", "signatures", "release", "coverage"];
    let folders = shell::entries(&shell::root().join("testdata"), "").into_iter();
    let folders = folders.filter(|folder| !PREPARED.iter().any(|name| folder.ends_with(name)));
    let paths = folders.flat_map(|folder| shell::entries(&folder, "session"));
    paths.map(trial).collect()
}

fn trial(path: PathBuf) -> Trial {
    let folder = path.parent().expect("a file is in a folder").to_owned();
    let name = shell::name_below("testdata", &path);
    if folder.ends_with("pprof") {
        return crate::ignorable_trial(name, move || {
            Compiler::Go.check(|| session::check(&path, &folder))
        });
    }
    crate::trial(name, move || session::check(&path, &folder))
}
