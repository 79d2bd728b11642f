//! The places of an operand when an operator is translated. The engine has a form of the operator for each place.

use super::operators::Ty;

/// The place of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Zero,
    Constant,
    Param,
    OtherParam,
    Local,
    Global,
    Computed,
    Memory,
    Called,
}

pub const PLACES: [Place; 9] = [
    Place::Zero,
    Place::Constant,
    Place::Param,
    Place::OtherParam,
    Place::Local,
    Place::Global,
    Place::Computed,
    Place::Memory,
    Place::Called,
];

/// The parameters that every function has, two of each type, and its locals, one of each type.
pub const PARAMS: &str = "(param i32 i32 i64 i64 f32 f32 f64 f64 v128 v128)";
pub const LOCALS: &str = "(local i32 i64 f32 f64 v128)";

impl Ty {
    /// The index of the first parameter of this type; the other follows.
    pub fn param(self) -> usize {
        2 * self as usize
    }

    /// The index of the local of this type.
    pub fn local(self) -> usize {
        10 + self as usize
    }

    /// A constant other than zero.
    pub fn constant(self) -> &'static str {
        match self {
            Self::I32 => "(i32.const 7)",
            Self::I64 => "(i64.const -9)",
            Self::F32 => "(f32.const -1.5)",
            Self::F64 => "(f64.const 2.5)",
            Self::V128 => "(v128.const i32x4 1 -2 3 0x80000000)",
        }
    }

    /// An operand in a place.
    pub fn at(self, place: Place) -> String {
        let (name, param) = (self.name(), self.param());
        match place {
            Place::Zero if self == Self::V128 => "(v128.const i64x2 0 0)".to_owned(),
            Place::Zero => format!("({name}.const 0)"),
            Place::Constant => self.constant().to_owned(),
            Place::Param => format!("(local.get {param})"),
            Place::OtherParam => format!("(local.get {})", param + 1),
            Place::Local => format!("(local.get {})", self.local()),
            Place::Global => format!("(global.get ${name})"),
            Place::Computed => match self {
                Self::I32 | Self::I64 => {
                    format!("({name}.sub (local.get {param}) ({name}.const 5))")
                }
                Self::F32 | Self::F64 => {
                    format!("({name}.sub (local.get {param}) ({name}.const 0))")
                }
                Self::V128 => format!("(i8x16.sub (local.get {param}) (local.get {}))", param + 1),
            },
            Place::Memory => format!("({name}.load (i32.const {}))", 16 * (1 + self as usize)),
            Place::Called => format!("(call $same_{name} (local.get {param}))"),
        }
    }
}
