//! Formats WASI calls as lines of a trace: the parameters in parentheses, the result after `=`. The macro `functions!`
//! selects the format of each. Pointers and lengths come from the guest, so reads through them are limited, and a
//! pointer that leads outside the memory is printed as a number.

mod params;
mod results;
#[cfg(test)]
mod tests;
mod text;

use super::errno::Errno;
use super::table::Node;
use super::{Call, GuestMemory, Wasi, WasiError, WasiResult};
use crate::go_literals::string::quote_start;
use crate::host::trace::{CallOutcome, FunctionObserver, LineStart};
pub(super) use params::ParamFormat;
pub(super) use results::ResultFormat;
use smallvec::SmallVec;
use std::collections::BTreeMap;
pub(super) use text::flag_names;

/// How many names of descriptors are kept, and how long they may be.
const MAX_NAMES: usize = 4096;
const MAX_NAME_BYTES: usize = 256;

/// A call and how to write it.
pub(super) struct TracedCall {
    pub(super) name: &'static str,
    pub(super) params: SmallVec<[ParamFormat; 8]>,
    /// Whether it may wait for something outside the program.
    pub(super) may_wait: bool,
    pub(super) result: ResultFormat,
}

/// The paths of what the guest has opened, by descriptor. Filled only if calls are observed.
#[derive(Default)]
pub(super) struct FdNames(BTreeMap<u32, String>);

impl FdNames {
    fn set(&mut self, fd: u32, name: String) {
        if self.0.len() < MAX_NAMES || self.0.contains_key(&fd) {
            self.0.insert(fd, name);
        } else {
            self.0.remove(&fd);
        }
    }
}

impl Wasi {
    /// The name of an open descriptor, if it has one.
    fn fd_name(&self, fd: u32) -> Option<&str> {
        let own = match &self.table.get(fd).ok()?.node {
            Node::File(file) => file.stream_name(),
            Node::Directory(directory) => directory.name(),
        };
        own.or_else(|| self.fd_names.0.get(&fd).map(String::as_str))
    }

    fn fd_text(&self, fd: u32) -> String {
        match self.fd_name(fd) {
            // A `>` in a name is not escaped: the name is for people.
            Some(name) => {
                let quoted = quote_start(name.as_bytes(), MAX_NAME_BYTES);
                format!("{fd}<{}>", quoted.trim_matches('"'))
            }
            None => fd.to_string(),
        }
    }

    fn is_stream(&self, fd: u32) -> bool {
        let node = self.table.get(fd).map(|descriptor| &descriptor.node);
        matches!(node, Ok(Node::File(file)) if file.is_stream())
    }
}

impl TracedCall {
    /// The call without its result.
    fn text(&self, wasi: &Wasi, memory: &GuestMemory<'_>) -> String {
        let params = self.params.iter().map(|param| param.text(wasi, memory));
        let params: Vec<_> = params.collect();
        format!("{}({})", self.name, params.join(", "))
    }

    /// A call that may wait is written when it begins, unless it is the program's own output that would then come in
    /// the middle of the line.
    fn line_start(&self, wasi: &Wasi, observer: &FunctionObserver) -> LineStart {
        let writes_to_stream = || match self.params.as_slice() {
            [ParamFormat::Fd(fd), ParamFormat::Ciovecs(_), ..] => wasi.is_stream(*fd),
            _ => false,
        };
        if self.may_wait && !(observer.traces_to_stream() && writes_to_stream()) {
            LineStart::BeforeCall
        } else {
            LineStart::AfterCall
        }
    }
}

/// Makes a call and observes it.
pub(super) fn observe(
    wasi: &mut Wasi,
    bytes: &mut [u8],
    observer: &FunctionObserver,
    call: &TracedCall,
    function: &dyn Fn(Call<'_>) -> WasiResult,
) -> WasiResult {
    let memory = &GuestMemory::new(bytes);
    let before = call.result.before_call(wasi, memory);
    let start = call.line_start(wasi, observer);
    let observed = observer.begin(start, || call.text(wasi, memory));
    let result = function(Call {
        wasi,
        memory: &mut GuestMemory::new(bytes),
    });
    let memory = &GuestMemory::new(bytes);
    let outcome = match result {
        Ok(()) => CallOutcome::Success {
            bytes: call.result.bytes_moved(memory),
        },
        Err(_) => CallOutcome::Failure,
    };
    observed.end(outcome, || match &result {
        Ok(()) => call.result.text(wasi, memory, &before),
        Err(WasiError::Errno(errno)) => errno.name().to_owned(),
        Err(WasiError::Trap(trap)) => format!("? ({trap})"),
    });
    if result.is_ok() {
        call.result.record_name(wasi, memory, before);
    }
    result
}

/// Records a call that does not return.
pub(super) fn record_exit(observer: &FunctionObserver, call: impl FnOnce() -> String) {
    let observed = observer.begin(LineStart::AfterCall, call);
    observed.end(CallOutcome::Success { bytes: 0 }, || "?".to_owned());
}
