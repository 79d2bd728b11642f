//! The outcomes of a run. Their exit statuses and messages are in `report`.

use crate::error::Error;
use crate::host::{Host, Refusal};
use crate::module::{Module, TinyGoRelease};
use crate::stop::{self, Emergency, Signal, StopReason};
use wasmi::TrapCode;
use wasmi::errors::{ErrorKind, InstantiationError};

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `main` or every call returned.
    Returned,
    /// The guest called `proc_exit` with this code.
    Exited(u32),
    /// The guest called `proc_exit` with a code other than 0 while its runtime was started, so no call was made.
    ExitedBeforeCall {
        /// The code.
        code: u32,
        /// The export that starts the runtime.
        starter: &'static str,
        /// The first call.
        call: String,
    },
    /// The guest trapped.
    Trapped(Box<Trap>),
    /// The fuel of `--fuel` was used up.
    OutOfFuel,
    /// The time of `--timeout` was used up.
    TimedOut,
    /// A signal ended the run.
    Interrupted(Signal),
    /// The pipe on standard output or standard error was closed.
    BrokenPipe,
    /// The module could not be run.
    Failed(Error),
}

/// A trap and its circumstances.
#[derive(Clone, Debug)]
pub struct Trap {
    /// The kind of the trap.
    pub kind: TrapKind,
    /// Where it happened.
    pub site: TrapSite,
    /// The last request for memory, if it was refused.
    pub refused: Option<Refusal>,
    /// The end of the guest's output, in which its runtime may have printed a panic.
    pub output: Option<String>,
    /// The program.
    pub program: Program,
    /// The name of the module, if it may not be the main one.
    pub module: Option<String>,
}

impl Trap {
    /// Changes the kind of an access outside memory to an overflow of the program's own stack.
    pub fn blame_own_stack(&mut self) {
        if self.kind == TrapKind::MemoryOutOfBounds {
            self.kind = TrapKind::MemoryStackOverflow;
        }
    }

    /// Sets the module, if it is not the main one.
    pub(super) fn of_module(mut self: Box<Self>, module: &Module) -> Box<Self> {
        self.module = Some(module.name.clone());
        self
    }
}

/// The facts about a program that explain its traps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Whether the program is a command or a reactor.
    pub kind: ProgramKind,
    /// The release of TinyGo that built it, if it is known.
    pub tinygo_release: Option<TinyGoRelease>,
}

impl Program {
    /// The program in a module.
    pub(super) fn of(module: &Module) -> Self {
        Self {
            kind: ProgramKind::of(module),
            tinygo_release: module.interface.tinygo_release.clone(),
        }
    }
}

/// The kind of a program, which determines when its runtime works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramKind {
    /// The runtime works while `main` runs.
    Command,
    /// The runtime works after `_initialize`.
    Reactor,
}

impl ProgramKind {
    fn of(module: &Module) -> Self {
        if module.is_command() {
            Self::Command
        } else {
            Self::Reactor
        }
    }
}

/// Where a trap happened, as far as it is known without a backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrapSite {
    /// While the module was instantiated: its data did not fit, or its `start` function trapped.
    Instantiation,
    /// In `main`.
    Main,
    /// In a call of this export.
    Export(String),
    /// In the function that frees memory, called for an owned result.
    FreeOfResult {
        /// The option with the same call, but a result that is not owned.
        correction: String,
    },
}

/// The kinds of traps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// The `unreachable` instruction, in which a Go panic ends.
    Unreachable,
    /// An access outside linear memory.
    MemoryOutOfBounds,
    /// An access outside linear memory, after an overflow of the program's own stack.
    MemoryStackOverflow,
    /// An access outside a table.
    TableOutOfBounds,
    /// A call through a null reference.
    NullCall,
    /// A call through a reference to a function of another type.
    TypeMismatch,
    /// An integer division by zero.
    DivisionByZero,
    /// An integer division whose result overflows.
    IntegerOverflow,
    /// A conversion of a float to an integer that is out of range.
    BadConversion,
    /// The limit of the call stack was reached.
    StackOverflow,
    /// `memory.grow` or `table.grow` was executed more often than the native stack allows.
    TooManyGrowths,
    /// A trap in an import, with its message.
    Import(String),
    /// Another trap, with the engine's message.
    Other(String),
}

impl Outcome {
    /// The outcome of a call into the guest that ended in `error`.
    pub(super) fn of_guest(
        error: wasmi::Error,
        host: &Host,
        site: TrapSite,
        program: Program,
    ) -> Self {
        if host.is_pipe_broken() {
            return Self::BrokenPipe;
        }
        // After a stop request, an interrupted system call returns an error of kind `Message`. Traps have other kinds.
        if let (Some(reason), ErrorKind::Message(_)) = (stop::reason(), error.kind()) {
            return reason.into();
        }
        if let Some(code) = error.i32_exit_status() {
            // WASI defines exit codes as unsigned.
            return Self::Exited(code as u32);
        }
        if error.as_trap_code() == Some(TrapCode::OutOfSystemMemory) {
            return Emergency::OutOfMemory.into();
        }
        if is_translation_error(&error) {
            return Self::Failed(
                Error::module("a function of the module is too large for the engine")
                    .caused_by(error),
            );
        }
        let kind = if host.limits.are_growths_used_up() {
            Some(TrapKind::TooManyGrowths)
        } else {
            trap_kind(&error)
        };
        match kind {
            Some(kind) => {
                let is_panic = kind == TrapKind::Unreachable;
                Self::Trapped(Box::new(Trap {
                    kind,
                    site,
                    // TinyGo panics with `out of memory` after a refusal. Other traps are unrelated to it.
                    refused: host.limits.last_refusal().filter(|_| is_panic),
                    output: is_panic.then(|| last_output(host)),
                    program,
                    module: None,
                }))
            }
            None => Self::OutOfFuel,
        }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StopReason> for Outcome {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Deadline => Self::TimedOut,
            StopReason::Signal(signal) => Self::Interrupted(signal),
        }
    }
}

impl From<Emergency> for Outcome {
    fn from(emergency: Emergency) -> Self {
        match emergency {
            Emergency::StackUsedUp => Self::Trapped(Box::new(Trap {
                kind: TrapKind::TooManyGrowths,
                site: TrapSite::Main,
                refused: None,
                output: None,
                program: Program {
                    kind: ProgramKind::Command,
                    tinygo_release: None,
                },
                module: None,
            })),
            Emergency::OutOfMemory => Self::Failed(Error::runner("tinyrun ran out of memory")),
        }
    }
}

fn last_output(host: &Host) -> String {
    String::from_utf8_lossy(&host.last_output()).into_owned()
}

/// Returns true if the engine could not translate a function, which it does at the first call.
fn is_translation_error(error: &wasmi::Error) -> bool {
    use ErrorKind::{ImplementationLimits, Ir, Translation, UserLimits, Wasm};
    matches!(
        error.kind(),
        Translation(_) | ImplementationLimits(_) | UserLimits(_) | Ir(_) | Wasm(_)
    )
}

/// The kind of a trap; `None` if the fuel was used up.
fn trap_kind(error: &wasmi::Error) -> Option<TrapKind> {
    let Some(code) = error.as_trap_code() else {
        return Some(match error.kind() {
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                TrapKind::TableOutOfBounds
            }
            other => TrapKind::Import(other.to_string()),
        });
    };
    Some(match code {
        TrapCode::OutOfFuel => return None,
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => TrapKind::TableOutOfBounds,
        TrapCode::IndirectCallToNull => TrapKind::NullCall,
        TrapCode::BadSignature => TrapKind::TypeMismatch,
        TrapCode::IntegerDivisionByZero => TrapKind::DivisionByZero,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::BadConversionToInteger => TrapKind::BadConversion,
        TrapCode::StackOverflow => TrapKind::StackOverflow,
        other => TrapKind::Other(other.to_string()),
    })
}
