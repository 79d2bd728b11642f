//! The text that [`crate::spinner`] shows while a module is loaded and prepared.

use super::environment;
use crate::call_expr::{CallExpr, FileArg};
use crate::{module, report, spinner};
use rustix::stdio::stdin;
use rustix::termios::isatty;
use std::path::Path;

/// Shows that a module is being loaded. `calls` are the calls that will be made.
pub(super) fn show_loading(module: &Path, calls: &[CallExpr]) {
    // The spinner would overwrite what is typed into standard input.
    let reads_terminal = || {
        let is_read = module == Path::new("-") || calls.iter().any(reads_standard_input);
        is_read && isatty(stdin())
    };
    if environment::has_erasable_terminal() && !reads_terminal() {
        spinner::start(text("loading", module));
    }
}

/// Shows that the module is being prepared to run.
pub(super) fn show_preparing(module: &Path) {
    spinner::change(|| text("preparing", module));
}

fn text(work: &str, module: &Path) -> String {
    format!("{work} {}", report::printable(&module::name_of(module)))
}

fn reads_standard_input(call: &CallExpr) -> bool {
    let mut files = call.files();
    files.any(|file| *file == FileArg::StandardInput)
}
