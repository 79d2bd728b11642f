//! Backtraces. Recursion is collapsed before sites are looked up, so that a million frames cost no more than one.

use super::frame::{Frame, Origin};
use super::slots::{self, StackEntry, TopSlot};
use super::symbolize::Symbols;
use crate::instrument::SiteTable;
use crate::module::{Compiler, Module};
use std::collections::HashMap;
use std::path::Path;

/// The call stack of a guest that stopped.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    /// The frames, the innermost first.
    pub frames: Vec<Frame>,
    /// The frames that were omitted, if there were too many.
    pub elided: Option<Elided>,
    /// The export that was called; `None` for the module's start function.
    pub export: Option<String>,
    /// Whether the export runs as a goroutine, which can wait: it is a function with `//go:wasmexport`.
    pub is_goroutine: bool,
    /// Whether official Go compiled the module.
    pub is_of_official_go: bool,
    /// The symbols that a module of TinyGo or official Go lacks.
    pub missing: Option<MissingSymbols>,
    /// The call stack when `main` began to wait, if it waits and no other goroutine runs.
    pub main_wait: Option<Box<Backtrace>>,
    /// Whether callers may be missing: those from before the last wait, on official Go's own stack.
    pub may_lack_callers: bool,
}

/// Symbols that the compiler writes by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSymbols {
    /// The debug information, and with it the lines.
    Lines,
    /// The names of functions as well.
    Names,
    /// Official Go's function table is not of a known version. It has the lines.
    GoTable,
    /// The same, and the module has no name section either.
    GoTableAndNames,
}

/// Frames that were omitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elided {
    /// The index in `frames` before which they were.
    pub before: usize,
    /// Their number.
    pub count: u64,
}

/// The maximum number of active functions from each end of a stack, as in Go:
/// <https://github.com/golang/go/blob/go1.26.0/src/runtime/traceback.go>.
const MAX_ENTRIES_PER_END: usize = 50;

/// The maximum number of frames. It differs from the number of active functions because of inlining.
const MAX_FRAMES: usize = 500;

/// The maximum number of functions in a recursion that is collapsed.
const MAX_CYCLE_LENGTH: usize = 8;

/// The minimum number of repetitions of a recursion that is collapsed.
const MIN_REPETITIONS: usize = 4;

/// Creates a backtrace from the slots of a shadow stack. `export` is the export that was called; `None` for the
/// module's start function.
pub fn backtrace(
    sites: &SiteTable,
    module: &Module,
    slots: &[u8],
    export: Option<&str>,
    top_slot: TopSlot,
) -> Backtrace {
    let symbols = Symbols::read(module, sites);
    let exported = export.and_then(|export| module.interface.exported_function(export));
    let outermost = exported.map(|(_, index)| index);
    let entries = slots::decode(sites, slots, outermost, top_slot);
    let (top, callers) = entries.split_at(1);
    let callers = collapse_recursion(callers);
    let mut backtrace = Backtrace {
        frames: top
            .iter()
            .flat_map(|entry| symbols.frames(*entry))
            .collect(),
        elided: None,
        export: export.map(str::to_owned),
        is_goroutine: outermost.is_some_and(|function| symbols.is_wasm_export(function)),
        is_of_official_go: module.interface.compiler == Compiler::Go,
        missing: symbols.missing(module),
        main_wait: None,
        may_lack_callers: false,
    };
    let mut known_frames: HashMap<StackEntry, Vec<Frame>> = HashMap::new();
    for (index, (entry, count)) in callers.iter().copied().enumerate() {
        let is_in_the_middle =
            index >= MAX_ENTRIES_PER_END && index + MAX_ENTRIES_PER_END < callers.len();
        if is_in_the_middle || backtrace.frames.len() >= MAX_FRAMES {
            let before = backtrace.frames.len();
            let elided = backtrace.elided.get_or_insert(Elided { before, count: 0 });
            elided.count += count;
            continue;
        }
        let frames = known_frames
            .entry(entry)
            .or_insert_with(|| symbols.frames(entry))
            .iter();
        backtrace.frames.extend(frames.map(|frame| Frame {
            count,
            ..frame.clone()
        }));
    }
    backtrace
}

impl Backtrace {
    /// Returns true if only the runtime runs, and no goroutine of the program.
    pub fn is_idle(&self) -> bool {
        let of_runtime = |frame: &Frame| matches!(frame.origin, Origin::Runtime | Origin::Wrapper);
        !self.may_lack_callers && self.elided.is_none() && self.frames.iter().all(of_runtime)
    }

    /// Makes the paths of source files in a directory relative to it.
    pub fn shorten_paths(&mut self, directory: &Path) {
        if let Some(main_wait) = &mut self.main_wait {
            main_wait.shorten_paths(directory);
        }
        let lines = self.frames.iter_mut();
        for line in lines.filter_map(|frame| frame.line.as_mut()) {
            let relative = Path::new(&*line.file).strip_prefix(directory).ok();
            if let Some(relative) = relative.and_then(Path::to_str) {
                line.file = relative.into();
            }
        }
    }
}

/// Replaces each recursion with its first cycle. Returns each entry with its number of repetitions.
fn collapse_recursion<T: Copy + PartialEq>(entries: &[T]) -> Vec<(T, u64)> {
    let mut collapsed = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let (length, count) = first_cycle(rest);
        let (cycle, _) = rest.split_at(length);
        collapsed.extend(cycle.iter().map(|entry| (*entry, count as u64)));
        rest = &rest[length * count..];
    }
    collapsed
}

/// The length of the cycle at the start of the entries, and its number of repetitions.
fn first_cycle<T: PartialEq>(entries: &[T]) -> (usize, usize) {
    for length in 1..=MAX_CYCLE_LENGTH.min(entries.len()) {
        let (first, rest) = entries.split_at(length);
        let repetitions = rest.chunks_exact(length).take_while(|next| *next == first);
        let count = 1 + repetitions.count();
        if count >= MIN_REPETITIONS {
            return (length, count);
        }
    }
    (1, 1)
}

#[cfg(test)]
mod tests {
    use super::collapse_recursion;

    #[test]
    fn recursion_is_collapsed() {
        for (slots, collapsed) in [
            (vec![], vec![]),
            (vec![1, 2, 3], vec![(1, 1), (2, 1), (3, 1)]),
            (vec![1, 1, 1, 2], vec![(1, 1), (1, 1), (1, 1), (2, 1)]),
            (vec![7; 1000], vec![(7, 1000)]),
            ([1, 2].repeat(50), vec![(1, 50), (2, 50)]),
            (
                [&[9][..], &[1, 2, 3].repeat(4), &[8]].concat(),
                vec![(9, 1), (1, 4), (2, 4), (3, 4), (8, 1)],
            ),
        ] {
            assert_eq!(collapse_recursion(&slots), collapsed, "{slots:?}");
        }
    }
}
