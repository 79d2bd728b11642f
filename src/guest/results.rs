//! From what a function returns to what is shown of it: its values by themselves, as another kind of
//! number, or as the text or the bytes that they name in the guest's memory.

use super::instance::Instance;
use super::memory::Span;
use super::value::Value;
use crate::cli::invoke::{NumberView, Ownership, View};
use crate::error::Error;
use crate::module::{FuncType, ResultPlace, ValueType};
use wasmi::Val;

/// One result of a call, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A value by itself.
    Value(Value),
    /// An unsigned number of 32 bits.
    U32(u32),
    /// An unsigned number of 64 bits.
    U64(u64),
    /// A truth.
    Bool(bool),
    /// The bits of a value of 32 bits.
    Hex32(u32),
    /// The bits of a value of 64 bits.
    Hex64(u64),
    /// Text, which may not be valid UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What was read of a call's results, and what is to be freed once it was shown.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) shown: Vec<Shown>,
    pub(super) owned: Option<u32>,
}

/// Sees whether results of this type can be shown so.
///
/// # Errors
///
/// Why they cannot.
pub(super) fn check(view: Option<View>, ty: &FuncType, place: ResultPlace) -> Result<(), String> {
    use ValueType::{F32, F64, I32, I64};
    let results = ty.results.as_slice();
    let fits = match (view, place) {
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
        "it returns {returned}, which cannot be shown as {view}"
    ))
}

/// Reads the results of a call that has returned; `place` is where it put them in memory, if there.
///
/// # Errors
///
/// `CommandLine` where they name memory that the guest does not have: then they are no text.
pub(super) fn read(
    view: Option<View>,
    results: &[Val],
    place: Option<Span>,
    instance: &Instance,
) -> Result<Read, Error> {
    let by_themselves = |results: &[Val]| Read {
        shown: results
            .iter()
            .map(|value| Shown::Value(value.into()))
            .collect(),
        owned: None,
    };
    match (view, place) {
        (None, None) => Ok(by_themselves(results)),
        (Some(View::Number(view)), _) => {
            let shown = results.iter().map(|value| number(view, value)).collect();
            Ok(Read { shown, owned: None })
        }
        (Some(View::Text(ownership)), _) => named(results, place, instance, ownership, Shown::Text),
        (Some(View::Bytes(ownership)), _) => {
            named(results, place, instance, ownership, Shown::Bytes)
        }
        // What a Go function leaves in memory is most often a string; where it is not, it cannot be
        // told what it is, and nothing is shown.
        (None, Some(_)) => {
            let read = named(results, place, instance, Ownership::Guest, Shown::Text);
            let text = read.ok().filter(|read| read.shown.iter().all(is_readable));
            Ok(text.unwrap_or_else(|| by_themselves(&[])))
        }
    }
}

/// Whether text looks as if it were meant to be read.
fn is_readable(shown: &Shown) -> bool {
    let Shown::Text(bytes) = shown else {
        return false;
    };
    let control = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.contains(control))
}

/// The bytes that results name.
fn named(
    results: &[Val],
    place: Option<Span>,
    instance: &Instance,
    ownership: Ownership,
    shown: impl Fn(Vec<u8>) -> Shown,
) -> Result<Read, Error> {
    let span = match place {
        Some(place) => instance.bytes(place).and_then(string_header),
        None => on_stack(results),
    };
    let outside = |span: Span| {
        Error::command_line(
            "the result is no string: it names memory that the program does not have",
        )
        .detail(format!("{} bytes at address {}", span.length, span.address))
    };
    let span = span.ok_or_else(|| Error::runner("the result cannot be read"))?;
    let bytes = instance.bytes(span).ok_or_else(|| outside(span))?.to_vec();
    // Of an empty string nobody was handed anything.
    let owned = (ownership == Ownership::Owned && span.address != 0).then_some(span.address);
    Ok(Read {
        shown: vec![shown(bytes)],
        owned,
    })
}

/// The address and the length that a Go string or slice begins with.
fn string_header(bytes: &[u8]) -> Option<Span> {
    let (address, rest) = bytes.split_first_chunk()?;
    Some(Span {
        address: u32::from_le_bytes(*address),
        length: u32::from_le_bytes(*rest.first_chunk()?),
    })
}

fn on_stack(results: &[Val]) -> Option<Span> {
    match results {
        // Addresses and lengths are unsigned; wasm's values do not say.
        [Val::I64(both)] => Some(Span {
            address: (*both as u64 >> 32) as u32,
            length: *both as u32,
        }),
        [Val::I32(address), Val::I32(length)] => Some(Span {
            address: *address as u32,
            length: *length as u32,
        }),
        _ => None,
    }
}

/// A value as another kind of number of the same width.
fn number(view: NumberView, value: &Val) -> Shown {
    match *value {
        Val::I32(value) => number32(view, value as u32),
        Val::F32(value) => number32(view, value.to_bits()),
        Val::I64(value) => number64(view, value as u64),
        Val::F64(value) => number64(view, value.to_bits()),
        ref other => Shown::Value(other.into()),
    }
}

fn number32(view: NumberView, bits: u32) -> Shown {
    match view {
        NumberView::U32 => Shown::U32(bits),
        NumberView::F32 => Shown::Value(Value::F32(f32::from_bits(bits))),
        NumberView::Bool => Shown::Bool(bits != 0),
        NumberView::Hex => Shown::Hex32(bits),
        _ => Shown::Value(Value::I32(bits as i32)),
    }
}

fn number64(view: NumberView, bits: u64) -> Shown {
    match view {
        NumberView::U64 => Shown::U64(bits),
        NumberView::F64 => Shown::Value(Value::F64(f64::from_bits(bits))),
        NumberView::Hex => Shown::Hex64(bits),
        _ => Shown::Value(Value::I64(bits as i64)),
    }
}
