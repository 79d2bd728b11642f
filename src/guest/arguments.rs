//! From what was typed to what a function takes: each argument is fitted to its parameter, as Go has
//! it where that is known and as wasm has it elsewhere, before the guest runs. What lies in memory is
//! put there when the call is made.

use super::content::{Content, Room};
use super::value::Value;
use crate::cli::invoke::CallArg;
use crate::go_literals::number;
use crate::module::{FuncType, GoType, Kind, Param, ResultPlace, Sign, Signature, ValueType};
use wasmi::Val;

/// An argument that fits its parameter.
#[derive(Debug)]
pub(super) enum Argument {
    /// A value.
    Value(Val),
    /// The address and the length of some bytes, which are to be put into memory.
    Pair(Content),
    /// The same, and the length once more, as a slice's capacity.
    Slice(Content),
}

/// The arguments of a call, and where its result goes.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) arguments: Vec<Argument>,
    pub(super) place: ResultPlace,
}

/// An argument as it was typed, with the word itself where it comes from behind MODULE.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    /// A word behind MODULE: a number, or a string as it stands.
    Word(std::ffi::OsString),
    /// A part of a call.
    Part(CallArg),
}

/// What the caller asks of a result, as far as it decides about the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Text or bytes, which may come by way of memory.
    Memory,
    /// Anything else.
    Values,
}

/// Fits what was typed to a function of this type, and of this signature where it is known. `room` is
/// what is left for bytes.
///
/// # Errors
///
/// What does not fit.
pub(super) fn fit(
    typed: &[Typed],
    ty: &FuncType,
    signature: Option<&Signature>,
    wanted: Wanted,
    room: Room,
) -> Result<Fitted, String> {
    match signature.and_then(|signature| Some((signature, signature.fits(ty)?))) {
        Some((signature, place)) => {
            let arguments = fit_to_go(typed, signature, room)?;
            Ok(Fitted { arguments, place })
        }
        // A signature that does not fit leaves only wasm's own view, in which a struct is several.
        None if signature.is_some() => fit_to_wasm(typed, ty, wanted, "wasm value", room),
        None => fit_to_wasm(typed, ty, wanted, "argument", room),
    }
}

fn fit_to_go(typed: &[Typed], signature: &Signature, room: Room) -> Result<Vec<Argument>, String> {
    let mut left = signature.params.as_slice();
    let pairs: Option<Vec<_>> = typed
        .iter()
        .map(|typed| Some((typed, own_params(typed, &mut left)?)))
        .collect();
    let Some(pairs) = pairs.filter(|_| left.is_empty()) else {
        return Err(wrong_count(typed.len(), signature.params.len(), "argument"));
    };
    let fitted = pairs.into_iter().enumerate().map(|(at, (typed, params))| {
        let argument = match params {
            [param] => go_argument(typed, &param.ty, room),
            _ => content(typed, room).map(Argument::Pair),
        };
        let (name, ty) = params
            .first()
            .map_or(("", ""), |param| (&param.name, &param.ty.name));
        argument.map_err(|said| format!("argument {} ({name} {ty}): {said}", at + 1))
    });
    fitted.collect()
}

fn go_argument(typed: &Typed, ty: &GoType, room: Room) -> Result<Argument, String> {
    match ty.kind {
        Kind::String => content(typed, room).map(Argument::Pair),
        Kind::Bytes => content(typed, room).map(Argument::Slice),
        Kind::Slice | Kind::Other => Err("such a value cannot be written".to_owned()),
        Kind::Bool => truth(word(typed)?).map(Argument::Value),
        Kind::Int { bits, sign } => integer(word(typed)?, bits, sign).map(Argument::Value),
        Kind::Float32 => number_of(word(typed)?, ValueType::F32).map(Argument::Value),
        Kind::Float64 => number_of(word(typed)?, ValueType::F64).map(Argument::Value),
        Kind::Pointer => integer(word(typed)?, 32, Sign::Unsigned).map(Argument::Value),
    }
}

/// The parameters that an argument is for: one, or two where a string is passed to a function that
/// takes its address and its length.
fn own_params<'p>(typed: &Typed, left: &mut &'p [Param]) -> Option<&'p [Param]> {
    let fits_address =
        |param: &Param| matches!(param.ty.kind, Kind::Pointer | Kind::Int { bits: 32, .. });
    let is_pair = typed.values() == 2 && left.len() >= 2 && left[..2].iter().all(fits_address);
    let (own, rest) = left.split_at_checked(if is_pair { 2 } else { 1 })?;
    *left = rest;
    Some(own)
}

/// Without a signature, a string is an address and a length, and a number is what wasm takes.
fn fit_to_wasm(
    typed: &[Typed],
    ty: &FuncType,
    wanted: Wanted,
    counted: &str,
    room: Room,
) -> Result<Fitted, String> {
    let filled: usize = typed.iter().map(Typed::values).sum();
    let one_more = ty.params.len() == filled + 1 && ty.params.first() == Some(&ValueType::I32);
    let place = match wanted == Wanted::Memory && ty.results.is_empty() && one_more {
        true => ResultPlace::Memory,
        false => ResultPlace::Stack,
    };
    let mut params = ty.params.as_slice();
    if place == ResultPlace::Memory {
        params = &params[1..];
    }
    if typed.iter().all(|typed| typed.values() == 1) {
        if typed.len() != params.len() {
            return Err(wrong_count(typed.len(), params.len(), counted));
        }
    } else if filled != params.len() {
        let wanted = params.len();
        return Err(format!(
            "it takes {wanted} values, and got {filled} (a string is two: its address and its length)"
        ));
    }
    let mut arguments = Vec::new();
    for (at, typed) in typed.iter().enumerate() {
        let (own, rest) = params.split_at(typed.values());
        params = rest;
        let types: Vec<_> = own.iter().map(ValueType::to_string).collect();
        let types = types.join(", ");
        let argument = wasm_argument(typed, own, room);
        arguments.push(argument.map_err(|said| format!("argument {} ({types}): {said}", at + 1))?);
    }
    Ok(Fitted { arguments, place })
}

fn wasm_argument(typed: &Typed, params: &[ValueType], room: Room) -> Result<Argument, String> {
    match params {
        [ty] => number_of(word(typed)?, *ty).map(Argument::Value),
        [ValueType::I32, ValueType::I32] => content(typed, room).map(Argument::Pair),
        _ => Err("there is no room for a string: it takes two parameters of type i32".to_owned()),
    }
}

fn wrong_count(got: usize, wanted: usize, of: &str) -> String {
    let plural = if wanted == 1 { "" } else { "s" };
    format!("it takes {wanted} {of}{plural}, and got {got}")
}

impl Typed {
    /// How many wasm values it becomes where Go's types are not known.
    fn values(&self) -> usize {
        match self {
            Self::Word(_) | Self::Part(CallArg::Word(_)) => 1,
            Self::Part(_) => 2,
        }
    }
}

/// What was typed, as a number's or a truth's spelling.
fn word(typed: &Typed) -> Result<&str, String> {
    match typed {
        Typed::Part(CallArg::Word(word)) => Ok(word),
        Typed::Word(word) => word
            .to_str()
            .ok_or_else(|| format!("`{}` is not a number", word.display())),
        Typed::Part(other) => Err(format!("{other} is not a number")),
    }
}

/// What was typed, as a string's bytes.
fn content(typed: &Typed, room: Room) -> Result<Content, String> {
    use std::os::unix::ffi::OsStrExt;
    match typed {
        Typed::Word(word) => Ok(Content::Bytes(word.as_bytes().to_vec())),
        Typed::Part(CallArg::Text(bytes)) => Ok(Content::Bytes(bytes.clone())),
        Typed::Part(CallArg::File(path)) => Content::of_file(path, room),
        Typed::Part(CallArg::StandardInput) => Content::of_standard_input(room),
        Typed::Part(CallArg::Word(word)) => Err(format!(
            "`{word}` is not a string, which is written \"{word}\""
        )),
    }
}

fn truth(word: &str) -> Result<Val, String> {
    match word {
        "true" | "1" => Ok(Val::I32(1)),
        "false" | "0" => Ok(Val::I32(0)),
        _ => Err(format!("`{word}` is neither true nor false")),
    }
}

/// A Go integer, within its own range. What is narrower than 32 bits is passed extended.
fn integer(word: &str, bits: u32, sign: Sign) -> Result<Val, String> {
    let value = number::parse_integer(word)?;
    let (lowest, highest) = match sign {
        Sign::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        Sign::Unsigned => (0, (1_i128 << bits) - 1),
    };
    if !(lowest..=highest).contains(&value) {
        return Err(format!("{word} is out of range ({lowest} … {highest})"));
    }
    // The range was checked; the casts wrap the unsigned half.
    Ok(match bits {
        64 => Val::I64(value as i64),
        _ => Val::I32(value as i32),
    })
}

/// One word as a value of a wasm type.
fn number_of(word: &str, ty: ValueType) -> Result<Val, String> {
    let value = match ty {
        ValueType::I32 => number::parse_i32(word).map(Value::I32),
        ValueType::I64 => number::parse_i64(word).map(Value::I64),
        ValueType::F32 => number::parse_f32(word).map(Value::F32),
        ValueType::F64 => number::parse_f64(word).map(Value::F64),
        ValueType::V128 | ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => {
            Err(format!("a {ty} cannot be written"))
        }
    };
    value.map(Val::from)
}
