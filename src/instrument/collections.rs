//! Counting garbage collections by the calls of a function of Go's runtime, which the name section names. Arguments can
//! restrict which calls count. Modules without such a function, such as TinyGo's at -opt=2 with everything inlined, have
//! no count.

use super::additions::Additions;
use super::edit::FunctionEdit;
use super::original::OriginalModule;
use wasmparser::ValType;

/// A counter of garbage collections.
pub(super) struct CollectionCounter {
    /// The index of the function whose calls are counted.
    function: u32,
    counted: CountedCalls,
    /// The `i32` global that holds the count.
    pub(super) count: u32,
}

/// Which calls of a function are counted.
#[derive(Clone, Copy)]
enum CountedCalls {
    All,
    /// Those whose second argument, an unsigned number, is greater than this one.
    SecondAbove(i32),
    /// Those whose first argument is zero.
    FirstIsZero,
}

impl CollectionCounter {
    /// Adds a counter. `None` if no function of the module shows its collections. `names` are the names of functions,
    /// with their indices.
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

    /// Adds the counting to a function, if its calls are counted.
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
    /// Returns true if a function with these parameters can be counted so.
    fn fits(self, params: &[ValType]) -> bool {
        let index = match self {
            Self::All => return true,
            Self::SecondAbove(_) => 1,
            Self::FirstIsZero => 0,
        };
        params.get(index) == Some(&ValType::I32)
    }
}

/// The functions that show collections, the best first.
///
/// - TinyGo's `runGC` is a collection, but LLVM usually inlines it. `markRoots(start, end)` then remains. It is called
///   for the globals in each collection, and for the stack in some. The stack ends where the globals start:
///   <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/gc_blocks.go>.
/// - Go's `gcMarkTermination` ends the marking of a collection:
///   <https://github.com/golang/go/blob/go1.23.0/src/runtime/mgc.go>. A call that resumes a function after a switch of
///   goroutines has the block to resume at as its argument, which is not zero:
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
