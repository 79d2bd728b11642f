//! Runs the sessions `testdata/*/*.session`, each in its directory. Those in `testdata/pprof` are ignored if `go` is
//! missing.

use crate::programs::Compiler;
use libtest_mimic::Trial;
use std::path::PathBuf;
use tinyrun_test_support::{session, shell};

pub fn trials() -> Vec<Trial> {
    // The modules of these must be built first: see `programs`, `runners`, `signatures` and `coverage`.
    const BUILT: [&str; 4] = ["tinygo", "runners", "signatures", "coverage"];
    let folders = shell::entries(&shell::root().join("testdata"), "").into_iter();
    let folders = folders.filter(|folder| !BUILT.iter().any(|built| folder.ends_with(built)));
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
