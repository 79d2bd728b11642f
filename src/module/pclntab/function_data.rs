//! Finds the address of function data, to which inlined calls belong. It is a field of `moduledata`, whose place differs
//! by version. It is recognised by the inlined calls at the address, of which there are hundreds in each program.

use super::{GoTable, OFFSET_BYTES, function};

/// The parts of the table to which the first slices of `moduledata` point, and their words in it:
/// <https://github.com/golang/go/blob/go1.23.0/src/runtime/symtab.go>.
const NAMES_WORD: u32 = 1;
const FUNCTIONS_WORD: u32 = 13;

/// The words of `moduledata` that are tried: 40 in Go 1.21, and 43 in Go 1.27.
const CANDIDATE_WORDS: std::ops::Range<u32> = 38..50;

const WORD_BYTES: u32 = 8;

/// The maximum number of functions whose inlined calls are checked.
const MAX_CHECKED: usize = 64;

/// The maximum number of places at which `moduledata` is looked for.
const MAX_CANDIDATES: usize = 64;

/// The index of a function's inlined calls in its data:
/// <https://github.com/golang/go/blob/go1.23.0/src/internal/abi/symtab.go>.
const INLINED_CALLS: u32 = 3;

/// The offset of data that a function does not have.
const NONE: u32 = u32::MAX;

/// The size of an inlined call: the kind of the function, its name, the block of the call, and its first line.
pub(super) const INLINED_CALL_BYTES: u32 = 16;

/// The offsets of fields of an inlined call.
pub(super) const INLINED_NAME: u32 = 4;
pub(super) const INLINED_BLOCK: u32 = 8;

impl GoTable<'_> {
    /// The address of function data; `None` if it is not found.
    pub(super) fn function_data(&self) -> Option<u32> {
        *self.function_data.get_or_init(|| self.find_function_data())
    }

    fn find_function_data(&self) -> Option<u32> {
        let offsets = (0..self.indices.count()).filter_map(|function| self.inlined_calls(function));
        let offsets: Vec<_> = offsets.take(MAX_CHECKED).collect();
        if offsets.is_empty() {
            return None;
        }
        let header = u64::from(self.addresses.header).to_le_bytes();
        let modules = self.image.addresses_of(header).take(MAX_CANDIDATES);
        let mut modules = modules.filter(|module| self.is_module_data(*module));
        let module = modules.next()?;
        let mut candidates = CANDIDATE_WORDS.filter_map(|word| self.word(module, word));
        candidates.find(|base| {
            let mut offsets = offsets.iter();
            offsets.all(|offset| self.is_inlined_call(*base, *offset))
        })
    }

    /// The offset of a function's inlined calls in function data, if it has any.
    pub(super) fn inlined_calls(&self, function: u32) -> Option<u32> {
        let record = self.record(function)?;
        let count = self.image.u8(record.checked_add(function::DATA_COUNT)?)?;
        if u32::from(count) <= INLINED_CALLS {
            return None;
        }
        let tables = self.field(function, function::VALUE_TABLE_COUNT)?;
        let at = tables
            .checked_add(INLINED_CALLS)?
            .checked_mul(OFFSET_BYTES)?;
        let offset = self.field(function, function::SIZE.checked_add(at)?)?;
        (offset != NONE).then_some(offset)
    }

    fn is_module_data(&self, address: u32) -> bool {
        let parts = [
            (NAMES_WORD, self.addresses.names),
            (FUNCTIONS_WORD, self.addresses.functions),
        ];
        let mut parts = parts.into_iter();
        parts.all(|(word, part)| self.word(address, word) == Some(part))
    }

    fn word(&self, module: u32, word: u32) -> Option<u32> {
        let address = module.checked_add(word * WORD_BYTES)?;
        u32::try_from(self.image.u64(address)?).ok()
    }

    /// Returns true if there may be an inlined call at an offset.
    fn is_inlined_call(&self, base: u32, offset: u32) -> bool {
        /// A bound for the kinds of functions, of which Go 1.27 has some 30.
        const MAX_KIND: u32 = 64;
        let field = |field: u32| {
            let address = base.checked_add(offset)?.checked_add(field)?;
            self.image.u32(address)
        };
        let name = || {
            let offset = field(INLINED_NAME)?;
            let before = self.addresses.names.checked_add(offset.checked_sub(1)?)?;
            let follows_another = self.image.u8(before)? == 0;
            self.name(offset).filter(|_| follows_another)
        };
        field(0).is_some_and(|kind| kind < MAX_KIND)
            && field(INLINED_BLOCK).is_some_and(|block| block <= u32::from(u16::MAX))
            && name().is_some()
    }
}
