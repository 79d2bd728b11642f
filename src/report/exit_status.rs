//! The exit statuses. No other module knows the numbers.

use crate::error::ErrorKind;
use crate::guest::Outcome;
use crate::stop::Signal;
use std::process::ExitCode;

/// An exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus(u8);

impl ExitStatus {
    /// The command succeeded, or the guest exited with 0.
    pub const SUCCESS: Self = Self(0);
    /// The command line is invalid.
    pub const COMMAND_LINE: Self = Self(2);
    /// The time limit was reached: the status of `timeout(1)`.
    pub const TIMED_OUT: Self = Self(124);
    /// The runner itself failed.
    pub const RUNNER: Self = Self(125);
    /// The module cannot be run: a shell's status for a command that cannot be run.
    pub const NOT_RUNNABLE: Self = Self(126);
    /// The module does not exist: a shell's status for a command that does not exist.
    pub const NOT_FOUND: Self = Self(127);
    /// The guest trapped: 128 + SIGABRT, as in wasmtime.
    pub const TRAPPED: Self = Self(134);
    /// The reader of standard output or standard error closed it: 128 + SIGPIPE.
    pub const BROKEN_PIPE: Self = Self(141);
    /// The fuel ran out: 128 + SIGXCPU.
    pub const OUT_OF_FUEL: Self = Self(152);

    /// The status of an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned => Self::SUCCESS,
            Outcome::Exited(code) | Outcome::ExitedBeforeCall { code, .. } => {
                Self(u8::try_from(*code).unwrap_or(u8::MAX))
            }
            Outcome::Trapped(_) => Self::TRAPPED,
            Outcome::OutOfFuel => Self::OUT_OF_FUEL,
            Outcome::TimedOut => Self::TIMED_OUT,
            Outcome::Interrupted(signal) => Self::of_signal(*signal),
            Outcome::BrokenPipe => Self::BROKEN_PIPE,
            Outcome::Failed(error) => Self::of_kind(error.kind),
        }
    }

    /// The status of a run that a signal ended: 128 + its number, as in a shell.
    fn of_signal(signal: Signal) -> Self {
        Self(u8::try_from(128 + signal.number()).unwrap_or(u8::MAX))
    }

    /// The status for a kind of error.
    pub fn of_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::CommandLine => Self::COMMAND_LINE,
            ErrorKind::Module => Self::NOT_RUNNABLE,
            ErrorKind::NotFound => Self::NOT_FOUND,
            ErrorKind::Runner => Self::RUNNER,
        }
    }

    /// The number.
    pub fn code(self) -> i32 {
        i32::from(self.0)
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        status.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus;
    use crate::guest::Outcome;
    use crate::stop::Signal;

    #[test]
    fn signals_are_added_to_128() {
        for (signal, status) in [
            (Signal::Hangup, 129),
            (Signal::Interrupt, 130),
            (Signal::Quit, 131),
            (Signal::Terminate, 143),
        ] {
            assert_eq!(ExitStatus::of(&Outcome::Interrupted(signal)).code(), status);
        }
    }

    #[test]
    fn codes_above_255_become_255() {
        for (code, status) in [(0, 0), (3, 3), (255, 255), (256, 255), (u32::MAX, 255)] {
            assert_eq!(ExitStatus::of(&Outcome::Exited(code)).code(), status);
        }
    }
}
