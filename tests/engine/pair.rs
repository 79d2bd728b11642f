//! Runs a module in both engines, to compare their results bit by bit.

use crate::ours::{self, Loaded, Ours, Road};
use crate::theirs::Theirs;
use wasmi::Linker;

/// A value, by its type and its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    Reference,
}

/// The arguments of a call, for both engines.
#[derive(Debug)]
pub struct Arguments {
    ours: Vec<wasmi::Val>,
    theirs: Vec<wasmi_1::Val>,
}

impl Arguments {
    pub fn new(values: &[Value]) -> Self {
        Self {
            ours: values.iter().map(|value| value.to_ours()).collect(),
            theirs: values.iter().map(|value| value.to_theirs()).collect(),
        }
    }
}

/// The outcome of a call: results, or the message of a trap.
pub type Outcome = Result<Vec<Value>, String>;

/// A module in both engines.
pub struct Pair {
    ours: Ours,
    loaded: Loaded,
    theirs: Theirs,
}

impl Pair {
    /// Instantiates a module without imports in both.
    ///
    /// # Errors
    ///
    /// The reason that it is invalid.
    pub fn new(wasm: &[u8], road: Road) -> anyhow::Result<Self> {
        let mut ours = Ours::new(road);
        let linker = Linker::new(&ours.engine);
        let loaded = ours.instantiate(&ours::parse(wasm)?, &linker)?;
        let theirs = Theirs::new(wasm)?;
        Ok(Self {
            ours,
            loaded,
            theirs,
        })
    }

    /// Calls an export in both, ours first.
    pub fn call(&mut self, name: &str, arguments: &Arguments) -> (Outcome, Outcome) {
        let ours = self.ours.call(&self.loaded, name, &arguments.ours);
        let theirs = self.theirs.call(name, &arguments.theirs);
        (
            ours.map(|values| values.iter().map(Value::of_ours).collect())
                .map_err(|trap| trap.to_string()),
            theirs
                .map(|values| values.iter().map(Value::of_theirs).collect())
                .map_err(|trap| trap.to_string()),
        )
    }

    /// The content of an exported memory in both, ours first.
    pub fn memory(&self, name: &str) -> (&[u8], &[u8]) {
        let memory = self.loaded.instance.get_memory(&self.ours.store, name);
        let ours = memory.map_or(&[][..], |memory| memory.data(&self.ours.store));
        (ours, self.theirs.memory(name))
    }
}

impl Value {
    pub fn to_ours(self) -> wasmi::Val {
        match self {
            Self::I32(bits) => wasmi::Val::I32(bits.cast_signed()),
            Self::I64(bits) => wasmi::Val::I64(bits.cast_signed()),
            Self::F32(bits) => wasmi::Val::F32(wasmi::F32::from_bits(bits)),
            Self::F64(bits) => wasmi::Val::F64(wasmi::F64::from_bits(bits)),
            Self::V128(bits) => wasmi::Val::V128(bits.into()),
            Self::Reference => wasmi::Val::FuncRef(wasmi::Nullable::Null),
        }
    }

    pub fn of_ours(value: &wasmi::Val) -> Self {
        match value {
            wasmi::Val::I32(value) => Self::I32(value.cast_unsigned()),
            wasmi::Val::I64(value) => Self::I64(value.cast_unsigned()),
            wasmi::Val::F32(value) => Self::F32(value.to_bits()),
            wasmi::Val::F64(value) => Self::F64(value.to_bits()),
            wasmi::Val::V128(value) => Self::V128(value.as_u128()),
            wasmi::Val::FuncRef(_) | wasmi::Val::ExternRef(_) => Self::Reference,
        }
    }

    fn to_theirs(self) -> wasmi_1::Val {
        match self {
            Self::I32(bits) => wasmi_1::Val::I32(bits.cast_signed()),
            Self::I64(bits) => wasmi_1::Val::I64(bits.cast_signed()),
            Self::F32(bits) => wasmi_1::Val::F32(wasmi_1::F32::from_bits(bits)),
            Self::F64(bits) => wasmi_1::Val::F64(wasmi_1::F64::from_bits(bits)),
            Self::V128(bits) => wasmi_1::Val::V128(bits.into()),
            Self::Reference => wasmi_1::Val::FuncRef(wasmi_1::Ref::Null),
        }
    }

    fn of_theirs(value: &wasmi_1::Val) -> Self {
        match value {
            wasmi_1::Val::I32(value) => Self::I32(value.cast_unsigned()),
            wasmi_1::Val::I64(value) => Self::I64(value.cast_unsigned()),
            wasmi_1::Val::F32(value) => Self::F32(value.to_bits()),
            wasmi_1::Val::F64(value) => Self::F64(value.to_bits()),
            wasmi_1::Val::V128(value) => Self::V128(value.as_u128()),
            wasmi_1::Val::FuncRef(_) | wasmi_1::Val::ExternRef(_) => Self::Reference,
        }
    }
}
