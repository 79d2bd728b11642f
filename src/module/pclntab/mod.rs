//! Reads Go's function table, `runtime.pclntab`, from the data section of an official Go module. It has the names, files
//! and lines of functions, their inlined calls, and the sizes of their frames on Go's stack. It is there even if the
//! module has no name section.
//!
//! The format is that of Go 1.20 and later. Versions differ in the unit of function entries, which is determined by the
//! last entry, and in the layout of `moduledata`, in which only the address of function data is looked for:
//! <https://github.com/golang/go/blob/go1.23.0/src/cmd/link/internal/ld/pcln.go>,
//! <https://github.com/golang/go/blob/go1.26.0/src/runtime/symtab.go>.
//!
//! The table can be damaged or made up: all reads are bounded by the module's size, and nothing is trusted.

mod frame_sizes;
mod function_data;
mod image;
mod indices;
mod positions;
#[cfg(test)]
mod tests;
mod values;

pub use frame_sizes::FrameSizes;
pub use indices::GoPc;

use image::MemoryImage;
use indices::FunctionIndices;
use std::cell::OnceCell;
use std::ops::Range;

/// The start of the header: the magic number of Go 1.20 and later, two zeros, the size of an instruction, and the size of
/// a pointer.
const HEADER_START: [u8; 8] = [0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];

/// The maximum number of places at which a header is looked for.
const MAX_CANDIDATES: usize = 16;

/// The offsets of the fields of `pcHeader`.
mod header {
    pub(super) const FUNCTION_COUNT: u32 = 8;
    pub(super) const NAMES: u32 = 32;
    pub(super) const UNITS: u32 = 40;
    pub(super) const FILES: u32 = 48;
    pub(super) const VALUES: u32 = 56;
    pub(super) const FUNCTIONS: u32 = 64;
}

/// The offsets of the fields of `_func`:
/// <https://github.com/golang/go/blob/go1.23.0/src/runtime/runtime2.go>.
mod function {
    pub(super) const NAME: u32 = 4;
    pub(super) const FRAME_SIZES: u32 = 16;
    pub(super) const FILES: u32 = 20;
    pub(super) const LINES: u32 = 24;
    pub(super) const VALUE_TABLE_COUNT: u32 = 28;
    pub(super) const UNIT: u32 = 32;
    pub(super) const DATA_COUNT: u32 = 43;
    pub(super) const SIZE: u32 = 44;
}

/// Go's function table.
pub struct GoTable<'a> {
    image: MemoryImage<'a>,
    indices: FunctionIndices,
    addresses: Addresses,
    /// The address to which the offsets of function data are relative; `None` if it was not found.
    function_data: OnceCell<Option<u32>>,
}

/// The addresses of the parts of the table.
#[derive(Clone, Copy, Debug)]
struct Addresses {
    header: u32,
    /// The names of functions.
    names: u32,
    /// The files of each compilation unit, as offsets in `files`.
    units: u32,
    /// The paths of files.
    files: u32,
    /// The tables of values by program counter.
    values: u32,
    /// The entries and records of functions.
    functions: u32,
}

impl<'a> GoTable<'a> {
    /// Finds the table of a module; `None` if there is none, or none of a known format.
    pub fn find(wasm: &'a [u8]) -> Option<Self> {
        let image = MemoryImage::read(wasm);
        let headers = image.addresses_of(HEADER_START).take(MAX_CANDIDATES);
        let headers: Vec<_> = headers.collect();
        if headers.is_empty() {
            return None;
        }
        let indices = FunctionIndices::read(wasm)?;
        let addresses = headers
            .into_iter()
            .find_map(|header| Addresses::read(&image, header, indices.count()))?;
        Some(Self {
            image,
            indices,
            addresses,
            function_data: OnceCell::new(),
        })
    }

    /// The start of the function with this index in the module.
    pub fn entry(&self, index: u32) -> Option<GoPc> {
        let function = self.indices.number(index)?;
        Some(GoPc { function, block: 0 })
    }

    /// Converts a return address as it is on Go's stack.
    pub fn pc(&self, address: u64) -> Option<GoPc> {
        self.indices.pc(address)
    }

    /// The addresses from the table's header to the end of its last record.
    pub fn extent(&self) -> Option<Range<u32>> {
        let last = self.record(self.indices.count().checked_sub(1)?)?;
        let values = self
            .image
            .u32(last.checked_add(function::VALUE_TABLE_COUNT)?)?;
        let data = self.image.u8(last.checked_add(function::DATA_COUNT)?)?;
        let offsets = values.checked_add(data.into())?;
        let end = last.checked_add(function::SIZE)?;
        Some(self.addresses.header..end.checked_add(offsets.checked_mul(OFFSET_BYTES)?)?)
    }

    /// The name of a function.
    pub fn function_name(&self, pc: GoPc) -> Option<&'a str> {
        self.name(self.field(pc.function, function::NAME)?)
    }

    /// A name by its offset. Offset 0 means none.
    fn name(&self, offset: u32) -> Option<&'a str> {
        let name = self.image.text(self.addresses.names.checked_add(offset)?)?;
        Some(super::cut_name(name)).filter(|name| !name.is_empty())
    }

    /// A field of a function's record.
    fn field(&self, function: u32, field: u32) -> Option<u32> {
        self.image.u32(self.record(function)?.checked_add(field)?)
    }

    /// The address of a function's record.
    fn record(&self, function: u32) -> Option<u32> {
        self.addresses.record(&self.image, function)
    }

    /// The value for a program counter in a table of values, which is at an offset. Offset 0 means none.
    fn value(&self, table: u32, pc: GoPc) -> Option<i32> {
        let address = self.addresses.values.checked_add(table)?;
        let is_there = table > 0;
        is_there.then(|| values::value(&self.image, address, pc.block))?
    }

    /// The values from a program counter to the end of a block in a table of values.
    fn values(&self, table: u32, pc: GoPc, end: u32) -> impl Iterator<Item = i32> {
        let address = self.addresses.values.checked_add(table);
        let steps = address
            .filter(|_| table > 0)
            .into_iter()
            .flat_map(|address| values::steps(&self.image, address));
        let mut start = 0;
        steps
            .take_while(move |step| std::mem::replace(&mut start, step.end) <= end)
            .skip_while(move |step| step.end <= pc.block)
            .map(|step| step.value)
    }
}

/// The size of an offset in the table.
const OFFSET_BYTES: u32 = 4;

/// The size of an entry: where the function starts, and the offset of its record.
const ENTRY_BYTES: u32 = 2 * OFFSET_BYTES;

impl Addresses {
    /// Reads the header at an address; `None` if it is not the one of a table with this number of functions.
    fn read(image: &MemoryImage<'_>, header: u32, function_count: u32) -> Option<Self> {
        let count = image.u64(header.checked_add(header::FUNCTION_COUNT)?)?;
        if count != u64::from(function_count) || count == 0 {
            return None;
        }
        let part = |field: u32| {
            let offset = image.u64(header.checked_add(field)?)?;
            header.checked_add(u32::try_from(offset).ok()?)
        };
        let addresses = Self {
            header,
            names: part(header::NAMES)?,
            units: part(header::UNITS)?,
            files: part(header::FILES)?,
            values: part(header::VALUES)?,
            functions: part(header::FUNCTIONS)?,
        };
        addresses
            .has_entries(image, function_count)
            .then_some(addresses)
    }

    /// Returns true if the entries count functions from the first to the last, in units of functions or, before Go 1.26,
    /// of program counters.
    fn has_entries(self, image: &MemoryImage<'_>, function_count: u32) -> bool {
        let last = function_count - 1;
        let entry = |function| image.u32(self.entry(function)?);
        let range = entry(0).zip(entry(last));
        let length = range.and_then(|(first, last)| last.checked_sub(first));
        length.is_some_and(|length| length == last || Some(length) == last.checked_mul(1 << 16))
    }

    fn entry(self, function: u32) -> Option<u32> {
        self.functions
            .checked_add(function.checked_mul(ENTRY_BYTES)?)
    }

    fn record(self, image: &MemoryImage<'_>, function: u32) -> Option<u32> {
        let offset = image.u32(self.entry(function)?.checked_add(OFFSET_BYTES)?)?;
        self.functions.checked_add(offset)
    }
}
