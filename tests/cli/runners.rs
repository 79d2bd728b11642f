//! Runs the sessions `testdata/runners/COMPILER.session`, which use tinyrun in `tinygo run`, `tinygo test`, `go run`
//! and `go test`. They are ignored if the compiler is missing.

use crate::programs::Compiler;
use libtest_mimic::Trial;
use tinyrun_test_support::{session, shell};

pub fn trials() -> Vec<Trial> {
    let compilers = [Compiler::TinyGo, Compiler::Go].into_iter();
    let trial = |compiler: Compiler| {
        let command = compiler.command();
        crate::ignorable_trial(format!("runners/{command}"), move || {
            compiler.check(|| {
                let folder = shell::root().join("testdata/runners");
                session::check(&folder.join(format!("{command}.session")), &folder)
            })
        })
    };
    compilers.map(trial).collect()
}
