//! The ends that a run can have. Which exit status and which words belong to each is `report`'s.

use crate::error::Error;
use crate::host::{Host, Refusal};
use crate::module::Module;
use crate::stop::{self, Emergency, Signal, StopReason};
use std::io;
use wasmi::TrapCode;
use wasmi::errors::{ErrorKind, InstantiationError};

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `main` returned, or every call did.
    Returned,
    /// The guest exited with this code, of its own accord.
    Exited(u32),
    /// The guest trapped.
    Trapped(Box<Trap>),
    /// `--fuel` ran out.
    OutOfFuel,
    /// `--timeout` ran out.
    TimedOut,
    /// A signal ended it.
    Interrupted(Signal),
    /// Standard output or error lost its reader.
    BrokenPipe,
    /// The run could not be had.
    Failed(Error),
}

/// A trap, and what is known of how it came about.
#[derive(Clone, Debug)]
pub struct Trap {
    /// What happened.
    pub kind: TrapKind,
    /// Where it happened.
    pub site: Site,
    /// The refusal of memory that went before it, where nothing was granted in between.
    pub refused: Option<Refusal>,
    /// The line that the guest's last panic printed, if it printed one.
    pub panic: Option<String>,
    /// How long the guest's runtime lives.
    pub life: Life,
    /// How messages call the module, where it need not be the main one.
    pub module: Option<String>,
}

impl Trap {
    /// Says that the program's own stack has outgrown its place in linear memory.
    pub fn blame_own_stack(&mut self) {
        if self.kind == TrapKind::MemoryOutOfBounds {
            self.kind = TrapKind::MemoryStackOverflow;
        }
    }

    /// The same trap, known to be this module's.
    pub(super) fn of_module(mut self: Box<Self>, module: &Module) -> Box<Self> {
        self.module = Some(module.name.clone());
        self
    }
}

/// How long a program's runtime lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// While `main` runs.
    Command,
    /// From `_initialize` on.
    Reactor,
}

/// Where a trap happened, as far as the runner knows without looking at the guest's stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// While the module was instantiated: its data did not fit, or its `start` function trapped.
    Instantiation,
    /// In `main`.
    Main,
    /// In a call of this export.
    Export(String),
}

/// The kinds of traps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// The `unreachable` instruction, in which a Go panic ends.
    Unreachable,
    /// An access outside linear memory.
    MemoryOutOfBounds,
    /// The same, by a program whose own stack has grown past the beginning of it.
    MemoryStackOverflow,
    /// An access outside a table.
    TableOutOfBounds,
    /// A call through a null reference.
    NullCall,
    /// A call through a reference to a function of another type.
    TypeMismatch,
    /// An integer division by zero.
    DivisionByZero,
    /// An integer division whose result does not fit.
    IntegerOverflow,
    /// A conversion of a float that no integer can hold.
    BadConversion,
    /// The call stack was used up.
    StackOverflow,
    /// Memories or tables were asked to grow more often than the runner can bear.
    TooManyGrowths,
    /// Something else, in the engine's words.
    Other(String),
}

impl Outcome {
    /// The outcome of a call into the guest that ended in `error`.
    pub(super) fn of_guest(error: wasmi::Error, host: &Host, site: Site, life: Life) -> Self {
        if host.pipe_broke() {
            return Self::BrokenPipe;
        }
        // After a stop request, a system call that was interrupted ends in a message. Traps have kinds of their own.
        if let (Some(reason), ErrorKind::Message(_)) = (stop::reason(), error.kind()) {
            return reason.into();
        }
        if let Some(code) = error.i32_exit_status() {
            // WASI's exit codes are unsigned.
            return Self::Exited(code as u32);
        }
        if error.as_trap_code() == Some(TrapCode::OutOfSystemMemory) {
            return Emergency::OutOfMemory.into();
        }
        if is_the_engines(&error) {
            return Self::Failed(
                Error::module("a function of the module is too large for the engine")
                    .caused_by(error),
            );
        }
        let kind = match host.limits.are_growths_used_up() {
            true => Some(TrapKind::TooManyGrowths),
            false => trap_kind(&error),
        };
        match kind {
            Some(kind) => {
                let is_panic = kind == TrapKind::Unreachable;
                Self::Trapped(Box::new(Trap {
                    kind,
                    site,
                    // TinyGo's `out of memory` is a panic; other traps have their own reasons.
                    refused: host.limits.refused().filter(|_| is_panic),
                    panic: host.last_panic(),
                    life,
                    module: None,
                }))
            }
            None => Self::OutOfFuel,
        }
    }

    /// The outcome of a run whose results could not be written to standard output.
    pub(super) fn of_output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Failed(
                Error::runner("the results cannot be written to standard output").caused_by(error),
            ),
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
                site: Site::Main,
                refused: None,
                panic: None,
                life: Life::Command,
                module: None,
            })),
            Emergency::OutOfMemory => Self::Failed(Error::runner("tinyrun ran out of memory")),
        }
    }
}

/// Whether the engine could not translate a function, which it does when the function is first called.
fn is_the_engines(error: &wasmi::Error) -> bool {
    use ErrorKind::{ImplementationLimits, Ir, Translation, UserLimits, Wasm};
    matches!(
        error.kind(),
        Translation(_) | ImplementationLimits(_) | UserLimits(_) | Ir(_) | Wasm(_)
    )
}

/// What kind of trap `error` is; `None` if the guest only ran out of fuel.
fn trap_kind(error: &wasmi::Error) -> Option<TrapKind> {
    let Some(code) = error.as_trap_code() else {
        return Some(match error.kind() {
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                TrapKind::TableOutOfBounds
            }
            // What a function of the host's says it could not do, among others.
            other => TrapKind::Other(other.to_string()),
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
