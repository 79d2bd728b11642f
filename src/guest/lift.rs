//! Converts the values that a function returned into printable results: the values themselves, numbers of another type,
//! or what they refer to in the guest's memory.

use super::go_values::{self, ReferencedSpan};
use super::instance::Instance;
use super::memory_span::MemorySpan;
use super::value::{ResultValue, Value};
use crate::call_expr::{Ownership, View};
use crate::error::Error;
use crate::go_types::layout::Layout;
use crate::go_types::{GoType, IntegerSize, Scalar, ScalarKind};
use crate::module::{FuncType, ResultPlace, ValueType};
use wasmi::Val;

/// The results of a call.
#[derive(Debug)]
pub(super) struct LiftedResults {
    pub(super) values: Vec<ResultValue>,
    /// The memory that the caller must free.
    pub(super) owned: Option<MemorySpan>,
}

impl LiftedResults {
    fn unowned(values: Vec<ResultValue>) -> Self {
        Self {
            values,
            owned: None,
        }
    }
}

/// The values that a function has returned.
pub(super) struct Returned<'a, 'i> {
    /// The values on the wasm stack.
    pub(super) values: &'a [Val],
    /// The memory that was allocated for a result returned through memory.
    pub(super) span: Option<MemorySpan>,
    pub(super) instance: &'a Instance<'i>,
    pub(super) layout: Layout,
}

/// Checks that the results of a function of this type can be printed in the requested format.
///
/// # Errors
///
/// The reason why they cannot.
pub(super) fn check(
    view: Option<&View>,
    ty: &FuncType,
    result_place: ResultPlace,
) -> Result<(), String> {
    let Some(view) = view else {
        return Ok(());
    };
    let results = ty.results.as_slice();
    match result_place {
        ResultPlace::Memory if view.is_in_memory() => Ok(()),
        ResultPlace::Memory => Err(format!(
            "it returns its result through memory, which is a string, a slice or several values, not {view}"
        )),
        ResultPlace::Stack if fits_stack(view, results) => Ok(()),
        ResultPlace::Stack => Err(format!(
            "it returns {}, which cannot be printed as {view}",
            list(results)
        )),
    }
}

/// Returns true if values of these types can be printed in a format.
fn fits_stack(view: &View, results: &[ValueType]) -> bool {
    use ValueType::{F32, F64, I32, I64};
    match (view, results) {
        (View::Scalar(scalar), [result]) => fits_scalar(*scalar, *result),
        (View::Hex, [result]) => matches!(result, I32 | I64 | F32 | F64),
        (View::Text(_) | View::Bytes(_), _) => matches!(results, [I64] | [I32, I32]),
        (View::Slice(_), _) => matches!(results, [I64] | [I32, I32] | [I32, I32, I32]),
        (View::Tuple(types), _) => {
            let mut pairs = types.iter().zip(results);
            types.len() == results.len()
                && pairs.all(|(ty, result)| match ty {
                    GoType::Scalar(scalar) => fits_scalar(*scalar, *result),
                    GoType::String | GoType::Slice(_) => false,
                })
        }
        _ => false,
    }
}

fn fits_scalar(scalar: Scalar, result: ValueType) -> bool {
    use ValueType::{F32, F64, I32, I64};
    match scalar.kind {
        ScalarKind::Bool => result == I32,
        ScalarKind::Integer(IntegerSize::Word, _) => matches!(result, I32 | I64),
        ScalarKind::Integer(IntegerSize::Bits64, _) | ScalarKind::Float64 => {
            matches!(result, I64 | F64)
        }
        ScalarKind::Integer(..) | ScalarKind::Float32 => matches!(result, I32 | F32),
    }
}

fn list(results: &[ValueType]) -> String {
    match results {
        [] => "nothing".to_owned(),
        results => {
            let names: Vec<_> = results.iter().map(ValueType::to_string).collect();
            names.join(", ")
        }
    }
}

impl Returned<'_, '_> {
    /// Lifts the results.
    ///
    /// # Errors
    ///
    /// `CommandLine` if they point outside the guest's memory, so cannot be what the view says.
    pub(super) fn lift(&self, view: Option<&View>) -> Result<LiftedResults, Error> {
        let value = match view {
            None if self.span.is_some() => return Ok(self.lift_unknown()),
            None => {
                let values = self.values.iter();
                let values = values.map(|value| ResultValue::Wasm(Value::from(value)));
                return Ok(LiftedResults::unowned(values.collect()));
            }
            Some(View::Text(ownership)) => return self.lift_bytes(*ownership, ResultValue::Text),
            Some(View::Bytes(ownership)) => return self.lift_bytes(*ownership, ResultValue::Bytes),
            Some(View::Scalar(scalar)) => {
                let values = self.values.iter().map(|value| number(*scalar, value));
                return Ok(LiftedResults::unowned(values.collect()));
            }
            Some(View::Hex) => {
                let values = self.values.iter().filter_map(bits);
                let values = values.map(|(bits, _)| ResultValue::Hex(bits));
                return Ok(LiftedResults::unowned(values.collect()));
            }
            Some(View::Slice(element)) => {
                go_values::slice(*element, self.referenced()?, self.instance, self.layout)?
            }
            Some(View::Tuple(types)) => ResultValue::Tuple(self.lift_tuple(types)?),
        };
        Ok(LiftedResults::unowned(vec![value]))
    }

    /// Lifts several values: each a wasm value, or all of them fields of a struct in memory.
    fn lift_tuple(&self, types: &[GoType]) -> Result<Vec<ResultValue>, Error> {
        let Some(span) = self.span else {
            let pairs = types.iter().zip(self.values);
            let numbers = pairs.filter_map(|(ty, value)| match ty {
                GoType::Scalar(scalar) => Some(number(*scalar, value)),
                GoType::String | GoType::Slice(_) => None,
            });
            return Ok(numbers.collect());
        };
        let memory = self.instance.bytes(span).unwrap_or_default();
        let (offsets, _) = self.layout.fields(types);
        let fields = types.iter().zip(offsets).map(|(ty, offset)| {
            let field = memory.get(offset as usize..).unwrap_or_default();
            go_values::read(*ty, field, self.instance, self.layout)
        });
        fields.collect()
    }

    /// Lifts a result in memory whose type is unknown. A Go function that returns through memory usually returns
    /// a string; for any other type, nothing is printed.
    fn lift_unknown(&self) -> LiftedResults {
        let lifted = self.lift_bytes(Ownership::Guest, ResultValue::Text).ok();
        let text = lifted.filter(|lifted| lifted.values.iter().all(is_readable));
        text.unwrap_or_else(|| LiftedResults::unowned(Vec::new()))
    }

    /// The bytes that the results refer to.
    fn lift_bytes(
        &self,
        ownership: Ownership,
        result: impl Fn(Vec<u8>) -> ResultValue,
    ) -> Result<LiftedResults, Error> {
        let span = self.referenced()?;
        let bytes = self.instance.bytes_of(span, 1, "string")?;
        // An empty string at address 0 was not allocated.
        let is_owned = ownership == Ownership::Owned && span.address != 0;
        Ok(LiftedResults {
            values: vec![result(bytes.to_vec())],
            owned: span.of_elements(1).filter(|_| is_owned),
        })
    }

    /// The memory that the results refer to: by a header in memory, by an address and a length, or by both packed in one
    /// 64-bit value.
    fn referenced(&self) -> Result<ReferencedSpan, Error> {
        let unreadable = || Error::runner("cannot read the result");
        if let Some(span) = self.span {
            let memory = self.instance.bytes(span).ok_or_else(unreadable)?;
            return go_values::header(memory, self.layout);
        }
        match self.values {
            [Val::I64(packed)] => Ok(ReferencedSpan {
                address: *packed as u64 >> 32,
                count: u64::from(*packed as u32),
            }),
            [Val::I32(address), Val::I32(count), ..] => Ok(ReferencedSpan {
                address: u64::from(*address as u32),
                count: u64::from(*count as u32),
            }),
            _ => Err(unreadable()),
        }
    }
}

/// Returns true for non-empty text without control characters.
fn is_readable(value: &ResultValue) -> bool {
    let ResultValue::Text(bytes) = value else {
        return false;
    };
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.contains(is_control))
}

/// Reinterprets a value as another type. `int` has the width of the value.
fn number(scalar: Scalar, value: &Val) -> ResultValue {
    match bits(value) {
        Some((bits, layout)) => {
            ResultValue::Number(scalar.name, go_values::number(scalar.kind, bits, layout))
        }
        None => ResultValue::Wasm(Value::from(value)),
    }
}

/// The bits of a number, and the layout whose words have the same width.
fn bits(value: &Val) -> Option<(u64, Layout)> {
    Some(match value {
        Val::I32(value) => (u64::from(*value as u32), Layout::Word32),
        Val::F32(value) => (u64::from(value.to_bits()), Layout::Word32),
        Val::I64(value) => (*value as u64, Layout::Word64),
        Val::F64(value) => (value.to_bits(), Layout::Word64),
        _ => return None,
    })
}
