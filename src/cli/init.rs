//! The choices of `--init`.

use clap::ValueEnum;

/// How the program's runtime is started before a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Init {
    /// `_initialize` where the module exports it, else `_start` where it exports that
    #[default]
    Auto,
    /// Not at all
    None,
    /// By calling `_initialize`, as for a reactor (`-buildmode=c-shared`)
    #[value(name = "_initialize")]
    Initialize,
    /// By calling `_start`, as for a command: `main` runs first
    #[value(name = "_start")]
    Start,
}
