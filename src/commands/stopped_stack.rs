//! The call stack of a guest that computes while another thread ends the run.

use super::symbolizer::Symbolizer;
use super::symbolizer_thread::SymbolizerThread;
use crate::insight::{Backtrace, Frame, TopSlot};
use crate::instrument::SiteTable;
use crate::module::Module;
use crate::stop::{ExitClaim, stack_copy};
use std::path::PathBuf;
use std::sync::Arc;

/// The data that is needed to symbolize a copy of the call stack.
pub(super) struct StackSource {
    pub(super) program: Arc<Module>,
    pub(super) path: PathBuf,
    pub(super) sites: Arc<SiteTable>,
}

impl StackSource {
    /// The call stack when the stop was requested; `None` if it was not copied, or if the debug information cannot be
    /// read in time.
    pub(super) fn backtrace(&self) -> Option<Backtrace> {
        let symbolizer = Symbolizer {
            program: Arc::clone(&self.program),
            path: self.path.clone(),
            sites: Arc::clone(&self.sites),
            stack: stack_copy::copied()?.into(),
            top_slot: Some(TopSlot::Earlier),
            profile: None,
            allocations: None,
            counters: None,
        };
        let thread = SymbolizerThread::start(|sender| symbolizer.run(&sender)).ok()?;
        // A second signal ends the process, so no claim has to end the wait.
        let mut backtrace = thread.late_stack(&ExitClaim::default())?.backtrace?;
        // Without a wait, the first caller is the function that runs main.
        let is_main = |frame: &Frame| &*frame.function == "runtime.main";
        backtrace.may_lack_callers =
            backtrace.is_of_official_go && !backtrace.frames.iter().any(is_main);
        Some(backtrace)
    }
}
