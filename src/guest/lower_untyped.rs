//! Lowers arguments for a function whose Go signature is unknown. A number becomes one wasm value, and a string its
//! address and its length. A slice also has its capacity, unless the number of parameters shows that it is not passed.

use super::lower::{
    Callee, LoweredArg, LoweredArgs, PassedAs, TypedArg, literal, slice_element, wasm_value,
    wrong_count,
};
use crate::call_expr::{CallArg, Literal, View};
use crate::go_literals::number;
use crate::module::{ResultPlace, ValueType};

/// Lowers arguments. `noun` is what messages call them.
///
/// # Errors
///
/// The argument that does not match, and why.
pub(super) fn lower(
    callee: &Callee<'_>,
    args: &[TypedArg],
    noun: &str,
) -> Result<LoweredArgs, String> {
    let (result_place, passed) = assign(callee, args).ok_or_else(|| misfit(callee, args, noun))?;
    let mut params = callee.ty.params.as_slice();
    if result_place == ResultPlace::Memory {
        params = params.get(1..).unwrap_or_default();
    }
    let mut lowered = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        let (own, rest) = params
            .split_at_checked(value_count(arg, passed))
            .unwrap_or_default();
        params = rest;
        let types: Vec<_> = own.iter().map(ValueType::to_string).collect();
        let types = types.join(", ");
        let arg = lower_arg(callee, arg, own);
        lowered.push(arg.map_err(|error| format!("argument {} ({types}): {error}", index + 1))?);
    }
    Ok(LoweredArgs {
        args: lowered,
        result_place,
    })
}

/// Determines how the result is returned and slices are passed from the number of parameters; `None` if it does not fit.
/// A result that is in memory and not on the stack is returned through a hidden first parameter.
fn assign(callee: &Callee<'_>, args: &[TypedArg]) -> Option<(ResultPlace, PassedAs)> {
    let forms = [PassedAs::Slice, PassedAs::Pair];
    let ty = callee.ty;
    let may_be_hidden = callee.view.is_some_and(View::is_in_memory)
        && ty.results.is_empty()
        && ty.params.first() == Some(&ValueType::I32);
    let fits = |hidden: usize| {
        forms.into_iter().find(|passed| {
            let counts = args.iter().map(|arg| value_count(arg, *passed));
            counts.sum::<usize>() + hidden == ty.params.len()
        })
    };
    let hidden = fits(1).filter(|_| may_be_hidden);
    let hidden = hidden.map(|passed| (ResultPlace::Memory, passed));
    hidden.or_else(|| Some((ResultPlace::Stack, fits(0)?)))
}

/// The number of wasm values that an argument becomes.
fn value_count(arg: &TypedArg, passed: PassedAs) -> usize {
    match (arg.is_in_memory(), arg.is_slice(), passed) {
        (false, ..) => 1,
        (true, true, PassedAs::Slice) => 3,
        (true, ..) => 2,
    }
}

fn lower_arg(
    callee: &Callee<'_>,
    arg: &TypedArg,
    params: &[ValueType],
) -> Result<LoweredArg, String> {
    const I32: ValueType = ValueType::I32;
    check_slice(arg)?;
    match (params, slice_element(arg)) {
        ([ty], _) => wasm_value(&literal(arg)?, *ty).map(LoweredArg::Value),
        ([I32, I32], _) => callee.lower_pair(arg),
        ([I32, I32, I32], Some(element)) => {
            let slice = callee.slice(arg, element, PassedAs::Slice)?;
            Ok(LoweredArg::Memory(slice))
        }
        ([_, _], None) => Err("a string takes two parameters of type i32".to_owned()),
        _ => Err("a slice takes two or three parameters of type i32".to_owned()),
    }
}

/// Refuses a slice without the type of its elements.
fn check_slice(arg: &TypedArg) -> Result<(), String> {
    let TypedArg::Listed(CallArg::Slice(None, elements)) = arg else {
        return Ok(());
    };
    let slice = CallArg::Slice(None, elements.clone());
    let ty = likely_element_type(elements);
    Err(format!(
        "the debug information does not have the type of {slice}; write it first, as in []{ty}{slice}"
    ))
}

/// The name of a Go type that has these values, for a hint.
fn likely_element_type(elements: &[Literal]) -> &'static str {
    let are_all = |fits: fn(&str) -> bool| {
        let mut words = elements.iter().filter_map(|element| match element {
            Literal::Word(word) => Some(word.as_str()),
            Literal::Rune(_) | Literal::Text(_) => None,
        });
        words.all(fits)
    };
    match elements.first() {
        Some(Literal::Text(_)) => "string",
        _ if are_all(|word| number::parse_integer(word).is_ok_and(is_int32)) => "int32",
        _ if are_all(|word| number::parse_integer(word).is_ok()) => "int64",
        _ if are_all(|word| matches!(word, "true" | "false")) => "bool",
        _ => "float64",
    }
}

fn is_int32(value: i128) -> bool {
    i32::try_from(value).is_ok()
}

/// The reason why the arguments do not fit the number of parameters.
fn misfit(callee: &Callee<'_>, args: &[TypedArg], noun: &str) -> String {
    for (index, arg) in args.iter().enumerate() {
        if let Err(error) = check_slice(arg).and_then(|()| check_word(arg)) {
            return format!("argument {}: {error}", index + 1);
        }
    }
    let (params, results) = (&callee.ty.params, &callee.ty.results);
    let counts = args.iter().map(|arg| value_count(arg, PassedAs::Slice));
    let count: usize = counts.sum();
    let takes_one_more = params.len() == count + 1 && params.first() == Some(&ValueType::I32);
    let counts = if args.iter().any(TypedArg::is_in_memory) {
        let counts = wrong_count(count, params.len(), "value");
        format!("{counts} (a string is two: its address and its length)")
    } else {
        wrong_count(args.len(), params.len(), noun)
    };
    match callee.view {
        Some(view) if takes_one_more && results.is_empty() => format!(
            "it takes one more i32, as a function that returns its result through memory: a string, a slice or \
             several values, not {view}"
        ),
        None if takes_one_more && results.is_empty() => {
            format!(
                "{counts}; if it returns a string through memory, write -> string after the call"
            )
        }
        _ => counts,
    }
}

/// Refuses a word that is not a number.
fn check_word(arg: &TypedArg) -> Result<(), String> {
    let (word, advice) = match arg {
        TypedArg::Word(word) => (
            word.to_string_lossy(),
            "without debug information, a string is written in the call",
        ),
        TypedArg::Listed(CallArg::Literal(Literal::Word(word))) => {
            (word.as_str().into(), "a string is written in double quotes")
        }
        TypedArg::Listed(_) => return Ok(()),
    };
    // `--` is explained with the count of arguments.
    let is_number = word == "--"
        || number::parse_integer(&word).is_ok()
        || number::parse_float::<f64>(&word).is_ok();
    if is_number || ["true", "false", "null"].contains(&&*word) {
        return Ok(());
    }
    Err(format!("`{word}` is not a number; {advice}"))
}
