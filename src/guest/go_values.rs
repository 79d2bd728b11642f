//! The bits of Go values: numbers as they are written in calls, and values as they are laid out in the guest's memory.

use super::instance::Instance;
use super::memory_span::MemorySpan;
use super::value::{Number, ResultValue, SliceValue};
use crate::call_expr::Literal;
use crate::error::Error;
use crate::go_literals::number;
use crate::go_types::layout::Layout;
use crate::go_types::{Element, GoType, Scalar, ScalarKind, Signedness};

/// The bytes that the strings of one result may have in addition to the size of the memory. They are copied, and a
/// hostile program could make them overlap.
const MAX_SHARED_BYTES: u64 = 64 << 20;

/// Converts a literal to the bits of a scalar.
///
/// # Errors
///
/// If it is not a literal of this type, or out of range.
pub(super) fn scalar_bits(
    literal: &Literal,
    kind: ScalarKind,
    layout: Layout,
) -> Result<u64, String> {
    let word = number_text(literal)?;
    match kind {
        ScalarKind::Bool => match word.as_str() {
            "true" | "1" => Ok(1),
            "false" | "0" => Ok(0),
            _ => Err(format!("`{word}` is neither true nor false")),
        },
        ScalarKind::Integer(_, sign) => {
            let value = number::parse_integer(&word)?;
            let bits = 8 * layout.scalar_size(kind);
            let (min, max) = match sign {
                Signedness::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
                Signedness::Unsigned => (0, (1_i128 << bits) - 1),
            };
            if !(min..=max).contains(&value) {
                return Err(format!("{literal} is out of range ({min} to {max})"));
            }
            // The value is in range; the cast keeps the two's complement of a negative one.
            Ok(value as u64)
        }
        ScalarKind::Float32 => {
            number::parse_float::<f32>(&word).map(|value| u64::from(value.to_bits()))
        }
        ScalarKind::Float64 => number::parse_float::<f64>(&word).map(f64::to_bits),
    }
}

/// A number as text. As in Go, a rune is the number of its character.
pub(super) fn number_text(literal: &Literal) -> Result<String, String> {
    match literal {
        Literal::Word(word) => Ok(word.clone()),
        Literal::Rune(rune) => Ok(u32::from(*rune).to_string()),
        Literal::Text(_) => Err(format!("{literal} is not a number")),
    }
}

/// Converts the elements of a slice of scalars to their bytes in memory.
///
/// # Errors
///
/// As [`scalar_bits`], with the index of the element.
pub(super) fn scalar_elements(
    elements: &[Literal],
    scalar: Scalar,
    layout: Layout,
) -> Result<Vec<u8>, String> {
    let size = layout.scalar_size(scalar.kind) as usize;
    let mut bytes = Vec::with_capacity(elements.len() * size);
    for (index, literal) in elements.iter().enumerate() {
        let bits = scalar_bits(literal, scalar.kind, layout)
            .map_err(|error| format!("element {index}: {error}"))?;
        bytes.extend_from_slice(&bits.to_le_bytes()[..size]);
    }
    Ok(bytes)
}

/// The value of a scalar by its bits. Bits beyond its size are ignored.
pub(super) fn number(kind: ScalarKind, bits: u64, layout: Layout) -> Number {
    match kind {
        ScalarKind::Bool => Number::Bool(bits != 0),
        ScalarKind::Float32 => Number::Float32(f32::from_bits(bits as u32)),
        ScalarKind::Float64 => Number::Float64(f64::from_bits(bits)),
        ScalarKind::Integer(_, sign) => {
            let unused = 64 - 8 * layout.scalar_size(kind);
            Number::Integer(match sign {
                Signedness::Signed => i128::from((bits << unused) as i64 >> unused),
                Signedness::Unsigned => i128::from(bits << unused >> unused),
            })
        }
    }
}

/// Reads the value of a type at the start of `bytes`.
///
/// # Errors
///
/// `CommandLine` if it refers to memory outside the guest's.
pub(super) fn read(
    ty: GoType,
    bytes: &[u8],
    instance: &Instance,
    layout: Layout,
) -> Result<ResultValue, Error> {
    match ty {
        GoType::Scalar(scalar) => {
            let size = layout.scalar_size(scalar.kind) as usize;
            let bits = bytes
                .get(..size)
                .map(little_endian)
                .ok_or_else(unreadable)?;
            let number = number(scalar.kind, bits, layout);
            Ok(ResultValue::Number(scalar.name, number))
        }
        GoType::String => {
            let text = instance.bytes_of(header(bytes, layout)?, 1, "string")?;
            Ok(ResultValue::Text(text.to_vec()))
        }
        GoType::Slice(element) => slice(element, header(bytes, layout)?, instance, layout),
    }
}

/// Reads the slice with this address and number of elements.
///
/// # Errors
///
/// As [`read`].
pub(super) fn slice(
    element: Element,
    span: ReferencedSpan,
    instance: &Instance,
    layout: Layout,
) -> Result<ResultValue, Error> {
    let size = layout.element_size(element);
    let bytes = instance.bytes_of(span, size, &format!("[]{element}"))?;
    Ok(ResultValue::Slice(match element {
        Element::Scalar(scalar) => SliceValue::Scalars {
            scalar,
            layout,
            bytes: bytes.to_vec(),
        },
        Element::String => {
            let mut left = instance.memory_bytes().saturating_add(MAX_SHARED_BYTES);
            let mut strings = Vec::new();
            for element in bytes.chunks_exact(size as usize) {
                let text = instance.bytes_of(header(element, layout)?, 1, "[]string")?;
                left = left.checked_sub(text.len() as u64).ok_or_else(|| {
                    Error::command_line(
                        "the result is not a []string: its strings are larger than the program's memory",
                    )
                })?;
                strings.push(text.to_vec());
            }
            SliceValue::Strings(strings)
        }
    }))
}

/// The address of a string or a slice, and its number of bytes or elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReferencedSpan {
    pub(super) address: u64,
    pub(super) count: u64,
}

impl ReferencedSpan {
    /// The span of `count` elements of `size` bytes; `None` if it is beyond 32-bit addresses.
    pub(super) fn of_elements(self, size: u32) -> Option<MemorySpan> {
        let length = self.count.checked_mul(u64::from(size))?;
        Some(MemorySpan {
            address: u32::try_from(self.address).ok()?,
            length: u32::try_from(length).ok()?,
        })
    }
}

/// The address and length in the header of a Go string or slice.
pub(super) fn header(bytes: &[u8], layout: Layout) -> Result<ReferencedSpan, Error> {
    let word = layout.word() as usize;
    let words = bytes.get(..2 * word).ok_or_else(unreadable)?;
    let (address, count) = words.split_at(word);
    Ok(ReferencedSpan {
        address: little_endian(address),
        count: little_endian(count),
    })
}

/// The numbers in the memory of a slice's elements.
pub(super) fn numbers(
    bytes: &[u8],
    kind: ScalarKind,
    layout: Layout,
) -> impl Iterator<Item = Number> {
    let elements = bytes.chunks_exact(layout.scalar_size(kind) as usize);
    elements.map(move |element| number(kind, little_endian(element), layout))
}

fn little_endian(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn unreadable() -> Error {
    Error::runner("cannot read the result")
}
