//! Converts the arguments of a call, as typed, into the values that the function takes. Before the guest runs, each
//! argument is checked against the Go type of its parameter, or against the wasm type if the Go type is unknown. Bytes
//! are copied into the guest's memory when the call is made.

use super::arg_bytes::{ArgBytes, MaxBytes};
use super::value::Value;
use crate::cli::invoke::CallArg;
use crate::go_literals::number;
use crate::module::{
    FuncType, GoParam, GoType, ResultPlace, Signature, Signedness, TypeKind, ValueType,
};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use wasmi::Val;

/// A lowered argument.
#[derive(Debug)]
pub(super) enum LoweredArg {
    /// One value.
    Value(Val),
    /// Bytes, passed as their address and length.
    String(ArgBytes),
    /// Bytes, passed as their address, length and capacity.
    Slice(ArgBytes),
}

/// The lowered arguments of a call, and how its result is returned.
#[derive(Debug)]
pub(super) struct LoweredArgs {
    pub(super) args: Vec<LoweredArg>,
    pub(super) result_place: ResultPlace,
}

/// An argument as it was typed.
#[derive(Clone, Debug)]
pub(super) enum TypedArg {
    /// A word of ARGS: a number or a string, depending on the type of its parameter.
    Word(OsString),
    /// An argument in the parentheses of a call.
    Listed(CallArg),
}

/// The requested kind of result, which affects how arguments are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultKind {
    /// A string or bytes, which the function may return through memory.
    Bytes,
    /// Anything else.
    Values,
}

/// Lowers arguments for a function of this type, and of this Go signature if it is known.
///
/// # Errors
///
/// The argument that does not match, and why.
pub(super) fn lower(
    args: &[TypedArg],
    ty: &FuncType,
    signature: Option<&Signature>,
    result: ResultKind,
    max: MaxBytes,
) -> Result<LoweredArgs, String> {
    match signature.and_then(|signature| Some((signature, signature.result_place(ty)?))) {
        Some((signature, result_place)) => {
            let args = lower_for_go(args, signature, max)?;
            Ok(LoweredArgs { args, result_place })
        }
        // If the signature does not match the type, a Go parameter may be passed as several wasm values.
        None if signature.is_some() => lower_for_wasm(args, ty, result, "wasm value", max),
        None => lower_for_wasm(args, ty, result, "argument", max),
    }
}

fn lower_for_go(
    args: &[TypedArg],
    signature: &Signature,
    max: MaxBytes,
) -> Result<Vec<LoweredArg>, String> {
    let mut params = signature.params.as_slice();
    let pairs: Option<Vec<_>> = args
        .iter()
        .map(|arg| Some((arg, take_params(arg, &mut params)?)))
        .collect();
    let Some(pairs) = pairs.filter(|_| params.is_empty()) else {
        return Err(wrong_count(args.len(), signature.params.len(), "argument"));
    };
    let lowered = pairs.into_iter().enumerate().map(|(index, (arg, params))| {
        let lowered = match params {
            [param] => lower_go_arg(arg, &param.ty, max),
            _ => bytes(arg, max).map(LoweredArg::String),
        };
        let (name, ty) = params
            .first()
            .map_or(("", ""), |param| (&param.name, &param.ty.name));
        lowered.map_err(|error| format!("argument {} ({name} {ty}): {error}", index + 1))
    });
    lowered.collect()
}

fn lower_go_arg(arg: &TypedArg, ty: &GoType, max: MaxBytes) -> Result<LoweredArg, String> {
    match ty.kind {
        TypeKind::String => bytes(arg, max).map(LoweredArg::String),
        TypeKind::Bytes => bytes(arg, max).map(LoweredArg::Slice),
        TypeKind::Slice | TypeKind::Other => {
            Err("a value of this type has no text form".to_owned())
        }
        TypeKind::Bool => boolean(word(arg)?).map(LoweredArg::Value),
        TypeKind::Int { bits, sign } => integer(word(arg)?, bits, sign).map(LoweredArg::Value),
        TypeKind::Float32 => wasm_value(word(arg)?, ValueType::F32).map(LoweredArg::Value),
        TypeKind::Float64 => wasm_value(word(arg)?, ValueType::F64).map(LoweredArg::Value),
        TypeKind::Pointer => integer(word(arg)?, 32, Signedness::Unsigned).map(LoweredArg::Value),
    }
}

/// Takes the parameters of an argument: one, or two for a string that is passed to a function with parameters for its
/// address and length.
fn take_params<'p>(arg: &TypedArg, params: &mut &'p [GoParam]) -> Option<&'p [GoParam]> {
    let fits_address = |param: &GoParam| {
        matches!(
            param.ty.kind,
            TypeKind::Pointer | TypeKind::Int { bits: 32, .. }
        )
    };
    let is_pair =
        arg.value_count() == 2 && params.len() >= 2 && params[..2].iter().all(fits_address);
    let (own, rest) = params.split_at_checked(if is_pair { 2 } else { 1 })?;
    *params = rest;
    Some(own)
}

/// Lowers arguments without a signature: a string becomes an address and a length, a number one wasm value.
fn lower_for_wasm(
    args: &[TypedArg],
    ty: &FuncType,
    result: ResultKind,
    noun: &str,
    max: MaxBytes,
) -> Result<LoweredArgs, String> {
    let value_count: usize = args.iter().map(TypedArg::value_count).sum();
    let one_more = ty.params.len() == value_count + 1 && ty.params.first() == Some(&ValueType::I32);
    let result_place = if result == ResultKind::Bytes && ty.results.is_empty() && one_more {
        ResultPlace::Memory
    } else {
        ResultPlace::Stack
    };
    let mut params = ty.params.as_slice();
    if result_place == ResultPlace::Memory {
        params = &params[1..];
    }
    if args.iter().all(|arg| arg.value_count() == 1) {
        if args.len() != params.len() {
            return Err(wrong_count(args.len(), params.len(), noun));
        }
    } else if value_count != params.len() {
        let wanted = params.len();
        return Err(format!(
            "it takes {wanted} values, got {value_count} (a string is two: its address and its length)"
        ));
    }
    let mut lowered = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        let (own, rest) = params.split_at(arg.value_count());
        params = rest;
        let types: Vec<_> = own.iter().map(ValueType::to_string).collect();
        let types = types.join(", ");
        let arg = lower_wasm_arg(arg, own, max);
        lowered.push(arg.map_err(|error| format!("argument {} ({types}): {error}", index + 1))?);
    }
    Ok(LoweredArgs {
        args: lowered,
        result_place,
    })
}

fn lower_wasm_arg(
    arg: &TypedArg,
    params: &[ValueType],
    max: MaxBytes,
) -> Result<LoweredArg, String> {
    match params {
        [ty] => wasm_value(word(arg)?, *ty).map(LoweredArg::Value),
        [ValueType::I32, ValueType::I32] => bytes(arg, max).map(LoweredArg::String),
        _ => Err("a string takes two parameters of type i32".to_owned()),
    }
}

fn wrong_count(got: usize, wanted: usize, noun: &str) -> String {
    let plural = if wanted == 1 { "" } else { "s" };
    format!("it takes {wanted} {noun}{plural}, got {got}")
}

impl TypedArg {
    /// The number of wasm values as which it is passed if its Go type is unknown.
    fn value_count(&self) -> usize {
        match self {
            Self::Word(_) | Self::Listed(CallArg::Word(_)) => 1,
            Self::Listed(_) => 2,
        }
    }
}

/// The text of a number or a boolean.
fn word(arg: &TypedArg) -> Result<&str, String> {
    match arg {
        TypedArg::Listed(CallArg::Word(word)) => Ok(word),
        TypedArg::Word(word) => word
            .to_str()
            .ok_or_else(|| format!("`{}` is not a number", word.display())),
        TypedArg::Listed(other) => Err(format!("{other} is not a number")),
    }
}

/// The bytes of a string.
fn bytes(arg: &TypedArg, max: MaxBytes) -> Result<ArgBytes, String> {
    match arg {
        TypedArg::Word(word) => Ok(ArgBytes::InMemory(word.as_bytes().to_vec())),
        TypedArg::Listed(CallArg::Text(bytes)) => Ok(ArgBytes::InMemory(bytes.clone())),
        TypedArg::Listed(CallArg::File(path)) => ArgBytes::of_file(path, max),
        TypedArg::Listed(CallArg::StandardInput) => ArgBytes::of_standard_input(max),
        TypedArg::Listed(CallArg::Word(word)) => Err(format!(
            "`{word}` is not a string; a string is written \"{word}\""
        )),
    }
}

fn boolean(word: &str) -> Result<Val, String> {
    match word {
        "true" | "1" => Ok(Val::I32(1)),
        "false" | "0" => Ok(Val::I32(0)),
        _ => Err(format!("`{word}` is neither true nor false")),
    }
}

/// Parses a Go integer within the range of its type. An integer narrower than 32 bits is extended to 32.
fn integer(word: &str, bits: u32, sign: Signedness) -> Result<Val, String> {
    let value = number::parse_integer(word)?;
    let (min, max) = match sign {
        Signedness::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        Signedness::Unsigned => (0, (1_i128 << bits) - 1),
    };
    if !(min..=max).contains(&value) {
        return Err(format!("{word} is out of range ({min} to {max})"));
    }
    // The value is in range. The casts wrap unsigned values into wasm's signed ones.
    Ok(match bits {
        64 => Val::I64(value as i64),
        _ => Val::I32(value as i32),
    })
}

fn wasm_value(word: &str, ty: ValueType) -> Result<Val, String> {
    let value = match ty {
        ValueType::I32 => number::parse_i32(word).map(Value::I32),
        ValueType::I64 => number::parse_i64(word).map(Value::I64),
        ValueType::F32 => number::parse_float(word).map(Value::F32),
        ValueType::F64 => number::parse_float(word).map(Value::F64),
        ValueType::V128 | ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => {
            Err(format!("a {ty} has no text form"))
        }
    };
    value.map(Val::from)
}
