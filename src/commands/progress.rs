//! What a person at a terminal sees of a module that takes long to load.

use super::environment;
use crate::cli::invoke::{CallArg, CallArgs, CallExpr};
use crate::{module, report, spinner};
use rustix::stdio::stdin;
use rustix::termios::isatty;
use std::path::Path;

/// Shows that a module is being loaded, for these calls, until the line is cleared.
pub(super) fn show_loading(module: &Path, calls: &[CallExpr]) {
    // What is typed into standard input is shown in the same line.
    let is_typed = || {
        let is_read = module == Path::new("-") || calls.iter().any(reads_standard_input);
        is_read && isatty(stdin())
    };
    if environment::has_erasable_terminal() && !is_typed() {
        spinner::start(text("loading", module));
    }
}

/// Shows instead that it is being prepared to run.
pub(super) fn show_preparing(module: &Path) {
    spinner::change(|| text("preparing", module));
}

fn text(work: &str, module: &Path) -> String {
    format!("{work} {}", report::printable(&module::name_of(module)))
}

fn reads_standard_input(call: &CallExpr) -> bool {
    match &call.args {
        CallArgs::Words => false,
        CallArgs::Listed(args) => args.contains(&CallArg::StandardInput),
    }
}
