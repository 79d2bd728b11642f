//! The Go types whose values a call can pass and print: numbers and booleans, strings, and slices of these. The grammar
//! of calls, the check of arguments and the conversion to and from the guest's memory share them. How large a type is
//! depends on the compiler and is in [`layout`].

pub mod layout;

use std::fmt;

/// A boolean or numeric type under one of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The name: Go's, or that of a WebAssembly type.
    pub name: &'static str,
    /// The kind, which several names share.
    pub kind: ScalarKind,
}

/// The kinds of booleans and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarKind {
    /// `bool`.
    Bool,
    /// An integer.
    Integer(IntegerSize, Signedness),
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
}

/// The size of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerSize {
    /// 8 bits.
    Bits8,
    /// 16 bits.
    Bits16,
    /// 32 bits.
    Bits32,
    /// 64 bits.
    Bits64,
    /// That of `int`, `uint` and `uintptr`, which depends on the compiler.
    Word,
}

/// The signedness of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signedness {
    /// Signed.
    Signed,
    /// Unsigned.
    Unsigned,
}

/// The type of a slice's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A boolean or a number.
    Scalar(Scalar),
    /// A string.
    String,
}

/// A Go type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoType {
    /// A boolean or a number.
    Scalar(Scalar),
    /// `string`.
    String,
    /// A slice.
    Slice(Element),
}

/// The scalar types by name. Those of WebAssembly are accepted as well.
const SCALARS: [(&str, ScalarKind); 22] = {
    use IntegerSize::{Bits8, Bits16, Bits32, Bits64, Word};
    use ScalarKind::{Bool, Float32, Float64, Integer};
    use Signedness::{Signed, Unsigned};
    [
        ("bool", Bool),
        ("int", Integer(Word, Signed)),
        ("int8", Integer(Bits8, Signed)),
        ("int16", Integer(Bits16, Signed)),
        ("int32", Integer(Bits32, Signed)),
        ("int64", Integer(Bits64, Signed)),
        ("uint", Integer(Word, Unsigned)),
        ("uint8", Integer(Bits8, Unsigned)),
        ("uint16", Integer(Bits16, Unsigned)),
        ("uint32", Integer(Bits32, Unsigned)),
        ("uint64", Integer(Bits64, Unsigned)),
        ("uintptr", Integer(Word, Unsigned)),
        ("byte", Integer(Bits8, Unsigned)),
        ("rune", Integer(Bits32, Signed)),
        ("float32", Float32),
        ("float64", Float64),
        ("i32", Integer(Bits32, Signed)),
        ("i64", Integer(Bits64, Signed)),
        ("u32", Integer(Bits32, Unsigned)),
        ("u64", Integer(Bits64, Unsigned)),
        ("f32", Float32),
        ("f64", Float64),
    ]
};

impl Scalar {
    /// The scalar type with this name.
    pub fn named(name: &str) -> Option<Self> {
        let known = SCALARS.iter().find(|(known, _)| *known == name);
        known.map(|(name, kind)| Self { name, kind: *kind })
    }
}

impl Element {
    /// The type of elements with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::String),
            _ => Scalar::named(name).map(Self::Scalar),
        }
    }

    /// Returns true for `byte`, whose slices can be written as strings.
    pub fn is_byte(self) -> bool {
        const BYTE: ScalarKind = ScalarKind::Integer(IntegerSize::Bits8, Signedness::Unsigned);
        matches!(self, Self::Scalar(scalar) if scalar.kind == BYTE)
    }
}

impl GoType {
    /// The type with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name.strip_prefix("[]") {
            Some(element) => Element::named(element).map(Self::Slice),
            None => Element::named(name).map(|element| match element {
                Element::Scalar(scalar) => Self::Scalar(scalar),
                Element::String => Self::String,
            }),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => f.write_str(scalar.name),
            Self::String => f.write_str("string"),
        }
    }
}

impl fmt::Display for GoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => f.write_str(scalar.name),
            Self::String => f.write_str("string"),
            Self::Slice(element) => write!(f, "[]{element}"),
        }
    }
}
