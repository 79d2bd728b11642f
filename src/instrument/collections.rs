//! Counts garbage collections as calls of a function of Go's runtime. The function is found by its name in the name
//! section, and its arguments may decide whether a call counts. There is no count if the function is missing, for example
//! because TinyGo inlined it at -opt=2.

use super::additions::Additions;
use super::edit::FunctionEdit;
use super::original::OriginalModule;
use wasmparser::ValType;

/// A counter of garbage collections.
pub(super) struct CollectionCounter {
    /// The index of the function whose calls are counted.
    function: u32,
    counted: CountedCalls,
    /// The index of the `i32` global with the count.
    pub(super) count: u32,
}

/// The calls of a function that are counted.
#[derive(Clone, Copy)]
enum CountedCalls {
    All,
    /// Calls whose second argument is greater than this number. Both are unsigned.
    SecondAbove(i32),
    /// Calls whose first argument is zero.
    FirstIsZero,
}

impl CollectionCounter {
    /// Adds a counter; `None` if the module has no function to count. `names` has the indices and names of functions.
    pub(super) fn add_to<'n>(
        additions: &mut Additions,
        original: &OriginalModule<'_>,
        names: impl Iterator<Item = (u32, &'n str)>,
    ) -> Option<Self> {
        let candidates = candidates(original);
        let named = names.filter_map(|(function, name)| {
            let rank = candidates.iter().position(|each| each.0 == name)?;
            let counted = candidates[rank].1;
            let params = original.function_type(function)?.params();
            counted.fits(params).then_some((rank, function, counted))
        });
        let (_, function, counted) = named.min_by_key(|(rank, ..)| *rank)?;
        Some(Self {
            function,
            counted,
            count: additions.global_i32(),
        })
    }

    /// Adds code that counts the calls of a function, if it is the one to count.
    pub(super) fn instrument(&self, function: u32, edit: &mut FunctionEdit<'_>) {
        if function != self.function {
            return;
        }
        let mut code = edit.insert_at_entry();
        match self.counted {
            CountedCalls::All => code.i32_const(1),
            CountedCalls::SecondAbove(bound) => code.local_get(1).i32_const(bound).i32_gt_u(),
            CountedCalls::FirstIsZero => code.local_get(0).i32_eqz(),
        };
        code.global_get(self.count).i32_add().global_set(self.count);
    }
}

impl CountedCalls {
    /// Returns true if the calls of a function with these parameters can be counted.
    fn fits(self, params: &[ValType]) -> bool {
        let index = match self {
            Self::All => return true,
            Self::SecondAbove(_) => 1,
            Self::FirstIsZero => 0,
        };
        params.get(index) == Some(&ValType::I32)
    }
}

/// The functions whose calls can be counted, the most reliable first.
///
/// - TinyGo's `runGC` is a collection, but LLVM usually inlines it. `markRoots(start, end)` then remains. It is called
///   for the globals in each collection, and for the stack in some collections. The stack ends where the globals start:
///   <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/gc_blocks.go>.
/// - Go's `gcMarkTermination` ends the marking of a collection:
///   <https://github.com/golang/go/blob/go1.23.0/src/runtime/mgc.go>. A call that resumes the function after a switch of
///   goroutines has the block to resume at, which is not zero, as its argument:
///   <https://github.com/golang/go/blob/go1.23.0/src/cmd/internal/obj/wasm/wasmobj.go>.
fn candidates(original: &OriginalModule<'_>) -> Vec<(&'static str, CountedCalls)> {
    let mark_globals = original
        .stack_top
        .map(|top| ("runtime.markRoots", CountedCalls::SecondAbove(top)));
    [("runtime.runGC", CountedCalls::All)]
        .into_iter()
        .chain(mark_globals)
        .chain([("runtime.gcMarkTermination", CountedCalls::FirstIsZero)])
        .collect()
}
