//! Converts the values that a function returned into printable results: the values themselves, other number types, or
//! the string or bytes in the guest's memory that they point to.

use super::instance::Instance;
use super::memory::MemorySpan;
use super::value::Value;
use crate::cli::invoke::{NumberView, Ownership, View};
use crate::error::Error;
use crate::module::{FuncType, ResultPlace, ValueType};
use wasmi::Val;

/// One result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultValue {
    /// A wasm value.
    Value(Value),
    /// An unsigned 32-bit integer.
    U32(u32),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A boolean.
    Bool(bool),
    /// The bits of a 32-bit value.
    Hex32(u32),
    /// The bits of a 64-bit value.
    Hex64(u64),
    /// A string, which may not be valid UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The results of a call.
#[derive(Debug)]
pub(super) struct LiftedResults {
    pub(super) values: Vec<ResultValue>,
    /// The address of memory that the caller must free.
    pub(super) owned: Option<u32>,
}

/// Checks that the results of a function of this type can be printed in the requested format.
///
/// # Errors
///
/// The reason why they cannot.
pub(super) fn check(
    view: Option<View>,
    ty: &FuncType,
    result_place: ResultPlace,
) -> Result<(), String> {
    use ValueType::{F32, F64, I32, I64};
    let results = ty.results.as_slice();
    let fits = match (view, result_place) {
        (None, _) => true,
        (Some(View::Text(_) | View::Bytes(_)), ResultPlace::Memory) => true,
        (Some(View::Text(_) | View::Bytes(_)), ResultPlace::Stack) => {
            matches!(results, [I64] | [I32, I32])
        }
        (Some(View::Number(view)), _) => match view {
            NumberView::U32 | NumberView::I32 | NumberView::F32 => matches!(results, [I32 | F32]),
            NumberView::U64 | NumberView::I64 | NumberView::F64 => matches!(results, [I64 | F64]),
            NumberView::Bool => matches!(results, [I32]),
            NumberView::Hex => matches!(results, [I32 | I64 | F32 | F64]),
        },
    };
    if fits {
        return Ok(());
    }
    let returned = match results {
        [] => "nothing".to_owned(),
        results => {
            let names: Vec<_> = results.iter().map(ValueType::to_string).collect();
            names.join(", ")
        }
    };
    let view = view.map(|view| view.to_string()).unwrap_or_default();
    Err(format!(
        "it returns {returned}, which cannot be printed as {view}"
    ))
}

/// Lifts the results of a call. `result_span` is the memory that was allocated for a result returned through memory.
///
/// # Errors
///
/// `CommandLine` if they point outside the guest's memory, so cannot be a string.
pub(super) fn lift(
    view: Option<View>,
    results: &[Val],
    result_span: Option<MemorySpan>,
    instance: &Instance,
) -> Result<LiftedResults, Error> {
    let unowned = |values| LiftedResults {
        values,
        owned: None,
    };
    match (view, result_span) {
        (None, None) => {
            let values = results
                .iter()
                .map(|value| ResultValue::Value(value.into()))
                .collect();
            Ok(unowned(values))
        }
        (Some(View::Number(view)), _) => {
            let values = results.iter().map(|value| number(view, value)).collect();
            Ok(unowned(values))
        }
        (Some(View::Text(ownership)), _) => {
            lift_bytes(results, result_span, instance, ownership, ResultValue::Text)
        }
        (Some(View::Bytes(ownership)), _) => lift_bytes(
            results,
            result_span,
            instance,
            ownership,
            ResultValue::Bytes,
        ),
        // A Go function that returns through memory usually returns a string. Any other type is unknown, so nothing is
        // printed.
        (None, Some(_)) => {
            let lifted = lift_bytes(
                results,
                result_span,
                instance,
                Ownership::Guest,
                ResultValue::Text,
            );
            let text = lifted
                .ok()
                .filter(|lifted| lifted.values.iter().all(is_readable));
            Ok(text.unwrap_or_else(|| unowned(Vec::new())))
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

/// The bytes that the results point to.
fn lift_bytes(
    results: &[Val],
    result_span: Option<MemorySpan>,
    instance: &Instance,
    ownership: Ownership,
    result: impl Fn(Vec<u8>) -> ResultValue,
) -> Result<LiftedResults, Error> {
    let span = match result_span {
        Some(header) => instance.bytes(header).and_then(string_header),
        None => span_of(results),
    };
    let span = span.ok_or_else(|| Error::runner("cannot read the result"))?;
    let bytes = instance.bytes(span).ok_or_else(|| {
        Error::command_line("the result is not a string: it points outside the program's memory")
            .detail(format!("{} bytes at address {}", span.length, span.address))
    })?;
    // An empty string at address 0 was not allocated.
    let owned = (ownership == Ownership::Owned && span.address != 0).then_some(span.address);
    Ok(LiftedResults {
        values: vec![result(bytes.to_vec())],
        owned,
    })
}

/// The address and length in the header of a Go string or slice.
fn string_header(bytes: &[u8]) -> Option<MemorySpan> {
    let (address, rest) = bytes.split_first_chunk()?;
    Some(MemorySpan {
        address: u32::from_le_bytes(*address),
        length: u32::from_le_bytes(*rest.first_chunk()?),
    })
}

/// The address and length in two 32-bit values, or packed in one 64-bit value.
fn span_of(results: &[Val]) -> Option<MemorySpan> {
    match results {
        [Val::I64(packed)] => Some(MemorySpan {
            address: (*packed as u64 >> 32) as u32,
            length: *packed as u32,
        }),
        [Val::I32(address), Val::I32(length)] => Some(MemorySpan {
            address: *address as u32,
            length: *length as u32,
        }),
        _ => None,
    }
}

/// Reinterprets a value as another number type of the same width.
fn number(view: NumberView, value: &Val) -> ResultValue {
    match *value {
        Val::I32(value) => number32(view, value as u32),
        Val::F32(value) => number32(view, value.to_bits()),
        Val::I64(value) => number64(view, value as u64),
        Val::F64(value) => number64(view, value.to_bits()),
        ref other => ResultValue::Value(other.into()),
    }
}

fn number32(view: NumberView, bits: u32) -> ResultValue {
    match view {
        NumberView::U32 => ResultValue::U32(bits),
        NumberView::F32 => ResultValue::Value(Value::F32(f32::from_bits(bits))),
        NumberView::Bool => ResultValue::Bool(bits != 0),
        NumberView::Hex => ResultValue::Hex32(bits),
        _ => ResultValue::Value(Value::I32(bits as i32)),
    }
}

fn number64(view: NumberView, bits: u64) -> ResultValue {
    match view {
        NumberView::U64 => ResultValue::U64(bits),
        NumberView::F64 => ResultValue::Value(Value::F64(f64::from_bits(bits))),
        NumberView::Hex => ResultValue::Hex64(bits),
        _ => ResultValue::Value(Value::I64(bits as i64)),
    }
}
