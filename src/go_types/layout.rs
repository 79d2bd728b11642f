//! How Go's compilers lay out values in linear memory. Official Go compiles for wasm as for a 64-bit machine
//! (<https://github.com/golang/go/blob/go1.24.0/src/internal/goarch/goarch_wasm.go>), TinyGo for a 32-bit one, as C and
//! Rust compilers do. Scalars are aligned to their size:
//! <https://go.dev/ref/spec#Size_and_alignment_guarantees>.

use super::{Element, GoType, IntegerSize, ScalarKind};

/// The layout of values in a module's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `int` and pointers have 32 bits.
    Word32,
    /// `int` and pointers have 64 bits.
    Word64,
}

impl Layout {
    /// The size of `int` and of a pointer, in bytes.
    pub fn word(self) -> u32 {
        match self {
            Self::Word32 => 4,
            Self::Word64 => 8,
        }
    }

    /// The size of a scalar, in bytes. It is also the alignment.
    pub fn scalar_size(self, kind: ScalarKind) -> u32 {
        match kind {
            ScalarKind::Bool => 1,
            ScalarKind::Float32 => 4,
            ScalarKind::Float64 => 8,
            ScalarKind::Integer(size, _) => match size {
                IntegerSize::Bits8 => 1,
                IntegerSize::Bits16 => 2,
                IntegerSize::Bits32 => 4,
                IntegerSize::Bits64 => 8,
                IntegerSize::Word => self.word(),
            },
        }
    }

    /// The size of a slice's element, in bytes. A string is an address and a length.
    pub fn element_size(self, element: Element) -> u32 {
        match element {
            Element::Scalar(scalar) => self.scalar_size(scalar.kind),
            Element::String => 2 * self.word(),
        }
    }

    /// The alignment of a slice's element, in bytes.
    pub fn element_align(self, element: Element) -> u32 {
        match element {
            Element::Scalar(scalar) => self.scalar_size(scalar.kind),
            Element::String => self.word(),
        }
    }

    /// The offsets of a struct's fields, in bytes, and the size of the struct without padding at its end.
    pub fn fields(self, types: &[GoType]) -> (Vec<u32>, u32) {
        let mut end = 0_u32;
        let offsets = types.iter().map(|ty| {
            let (size, align) = self.size_and_align(*ty);
            let offset = end.next_multiple_of(align);
            end = offset + size;
            offset
        });
        let offsets = offsets.collect();
        (offsets, end)
    }

    /// The size and the alignment of a type. A slice is an address, a length and a capacity.
    fn size_and_align(self, ty: GoType) -> (u32, u32) {
        let word = self.word();
        match ty {
            GoType::Scalar(scalar) => {
                let size = self.scalar_size(scalar.kind);
                (size, size)
            }
            GoType::String => (2 * word, word),
            GoType::Slice(_) => (3 * word, word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;
    use crate::go_types::GoType;

    #[test]
    fn fields_are_aligned_as_in_go() {
        for (layout, types, offsets, size) in [
            (Layout::Word32, "int,int", vec![0, 4], 8),
            (Layout::Word64, "int,int", vec![0, 8], 16),
            (
                Layout::Word32,
                "int8,int64,string,bool",
                vec![0, 8, 16, 24],
                25,
            ),
            (Layout::Word64, "bool,[]byte,uint16", vec![0, 8, 32], 34),
            (
                Layout::Word32,
                "bool,float32,byte,rune",
                vec![0, 4, 8, 12],
                16,
            ),
        ] {
            let named: Option<Vec<_>> = types.split(',').map(GoType::named).collect();
            let fields = layout.fields(&named.unwrap_or_default());
            assert_eq!(fields, (offsets, size), "{types}");
        }
    }
}
