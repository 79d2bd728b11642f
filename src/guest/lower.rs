//! Converts the arguments of a call, as typed, into the values that the function takes. Before the guest runs, each
//! argument is checked against the Go type of its parameter, or against the wasm type if the Go type is unknown. Bytes
//! are copied into the guest's memory when the call is made.

use super::arg_bytes::{ArgBytes, MaxBytes};
use super::go_values::{self, number_text};
use super::lower_untyped;
use crate::call_expr::{CallArg, FileArg, Literal, View};
use crate::go_types::layout::Layout;
use crate::go_types::{Element, GoType, Scalar};
use crate::module::{FuncType, GoParam, ParamType, ResultPlace, Signature, ValueType};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use wasmi::Val;

/// A lowered argument.
#[derive(Debug)]
pub(super) enum LoweredArg {
    /// One value.
    Value(Val),
    /// Bytes in the guest's memory.
    Memory(MemoryArg),
}

/// An argument that is copied into the guest's memory.
#[derive(Debug)]
pub(super) struct MemoryArg {
    pub(super) bytes: ArgBytes,
    /// The alignment, in bytes.
    pub(super) align: u32,
    /// The size of an element, in bytes; 1 for a string.
    element_size: u32,
    pub(super) passed: PassedAs,
}

/// The values with which memory is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PassedAs {
    /// An address and a length, as a Go string.
    Pair,
    /// An address, a length and a capacity, as a Go slice.
    Slice,
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

/// The function that is called, and how its results are to be printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee<'a> {
    pub(super) ty: &'a FuncType,
    /// The Go signature, if it is known.
    pub(super) signature: Option<&'a Signature>,
    pub(super) view: Option<&'a View>,
    pub(super) layout: Layout,
    pub(super) max: MaxBytes,
}

impl Callee<'_> {
    /// Lowers arguments for the function.
    ///
    /// # Errors
    ///
    /// The argument that does not match, and why.
    pub(super) fn lower(&self, args: &[TypedArg]) -> Result<LoweredArgs, String> {
        let place = |signature: &Signature| signature.result_place(self.ty);
        match self
            .signature
            .map(|signature| (signature, place(signature)))
        {
            Some((signature, Some(result_place))) => {
                let args = self.lower_for_go(args, signature)?;
                Ok(LoweredArgs { args, result_place })
            }
            // If the signature does not match the type, a Go parameter may be passed as several wasm values.
            Some(_) => lower_untyped::lower(self, args, "wasm value"),
            None => lower_untyped::lower(self, args, "argument"),
        }
    }

    fn lower_for_go(
        &self,
        args: &[TypedArg],
        signature: &Signature,
    ) -> Result<Vec<LoweredArg>, String> {
        let mut params = signature.params.as_slice();
        let pairs: Option<Vec<_>> = args
            .iter()
            .zip((0..args.len()).rev())
            .map(|(arg, following)| Some((arg, take_params(arg, following, &mut params)?)))
            .collect();
        let Some(pairs) = pairs.filter(|_| params.is_empty()) else {
            return Err(wrong_count(args.len(), signature.params.len(), "argument"));
        };
        let lowered = pairs.into_iter().enumerate().map(|(index, (arg, params))| {
            let lowered = match params {
                [param] => self.lower_go_arg(arg, param),
                _ => self.lower_pair(arg),
            };
            let (name, ty) = params.first().map_or(("", ""), |param| {
                (param.name.as_str(), param.type_name.as_str())
            });
            lowered.map_err(|error| format!("argument {} ({name} {ty}): {error}", index + 1))
        });
        lowered.collect()
    }

    fn lower_go_arg(&self, arg: &TypedArg, param: &GoParam) -> Result<LoweredArg, String> {
        match param.ty {
            ParamType::Go(GoType::String) => {
                string(arg, self.max).map(|bytes| LoweredArg::Memory(MemoryArg::string(bytes)))
            }
            ParamType::Go(GoType::Slice(element)) => {
                let slice = self.slice(arg, element, PassedAs::Slice);
                slice.map(LoweredArg::Memory)
            }
            ParamType::Go(GoType::Scalar(scalar)) => {
                let literal = literal(arg)?;
                go_values::scalar_bits(&literal, scalar.kind, self.layout)
                    .map(|bits| LoweredArg::Value(scalar_value(scalar, bits)))
            }
            ParamType::Pointer => wasm_value(&literal(arg)?, ValueType::I32).map(LoweredArg::Value),
            ParamType::OtherSlice | ParamType::Other => {
                Err("a value of this type has no text form".to_owned())
            }
        }
    }

    /// Lowers a string or a slice for two parameters: its address and its length.
    pub(super) fn lower_pair(&self, arg: &TypedArg) -> Result<LoweredArg, String> {
        let memory = match slice_element(arg) {
            Some(element) => self.slice(arg, element, PassedAs::Pair)?,
            None => MemoryArg::string(string(arg, self.max)?),
        };
        Ok(LoweredArg::Memory(memory))
    }

    /// Lowers a slice with elements of this type.
    pub(super) fn slice(
        &self,
        arg: &TypedArg,
        element: Element,
        passed: PassedAs,
    ) -> Result<MemoryArg, String> {
        let bytes = match arg {
            TypedArg::Listed(CallArg::Slice(typed, elements)) => {
                check_element(*typed, element)?;
                self.elements(elements, element)?
            }
            TypedArg::Listed(CallArg::SliceOfText(typed, text)) => {
                check_element(Some(*typed), element)?;
                ArgBytes::InMemory(text.clone())
            }
            TypedArg::Listed(CallArg::SliceOfFile(typed, file)) => {
                check_element(Some(*typed), element)?;
                file_bytes(file, self.max)?
            }
            TypedArg::Listed(CallArg::File(file)) => file_bytes(file, self.max)?,
            _ if element.is_byte() => string(arg, self.max)?,
            TypedArg::Listed(CallArg::Literal(literal)) => {
                return Err(format!(
                    "{literal} is not a slice, which is written in brackets"
                ));
            }
            TypedArg::Word(word) => {
                let word = word.display();
                return Err(format!(
                    "`{word}` is not a slice, which is written in the call"
                ));
            }
        };
        let size = self.layout.element_size(element);
        let length = bytes.length().unwrap_or(u32::MAX);
        if !bytes.is_strings() && element == Element::String {
            return Err("a []string is written by its elements".to_owned());
        }
        if !bytes.is_strings() && !length.is_multiple_of(size) {
            let name = bytes.name();
            return Err(format!(
                "{name} has {length} bytes, which is not a multiple of {size}, the size of {element}"
            ));
        }
        Ok(MemoryArg {
            bytes,
            align: self.layout.element_align(element),
            element_size: size,
            passed,
        })
    }

    fn elements(&self, elements: &[Literal], element: Element) -> Result<ArgBytes, String> {
        match element {
            Element::Scalar(scalar) => {
                let bytes = go_values::scalar_elements(elements, scalar, self.layout)?;
                Ok(ArgBytes::InMemory(bytes))
            }
            Element::String => {
                let texts = elements.iter().map(|literal| match literal {
                    Literal::Text(text) => Ok(text.as_slice()),
                    Literal::Word(_) | Literal::Rune(_) => Err(not_a_string(literal)),
                });
                let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
                Ok(ArgBytes::of_strings(texts.into_iter(), self.layout))
            }
        }
    }
}

/// Checks that the type before a slice's elements is the parameter's.
fn check_element(typed: Option<Element>, wanted: Element) -> Result<(), String> {
    let is_same = match (typed, wanted) {
        (Some(Element::Scalar(typed)), Element::Scalar(wanted)) => typed.kind == wanted.kind,
        (Some(typed), wanted) => typed == wanted,
        (None, _) => true,
    };
    match typed {
        Some(typed) if !is_same => Err(format!("it is a []{typed}, not a []{wanted}")),
        _ => Ok(()),
    }
}

impl MemoryArg {
    /// A string.
    pub(super) fn string(bytes: ArgBytes) -> Self {
        Self {
            bytes,
            align: 1,
            element_size: 1,
            passed: PassedAs::Pair,
        }
    }

    /// The number of bytes of a string, or of elements of a slice.
    pub(super) fn count(&self) -> u32 {
        match self.bytes {
            ArgBytes::Strings { count, .. } => count,
            _ => self.bytes.length().unwrap_or(u32::MAX) / self.element_size,
        }
    }
}

/// Takes the parameters of an argument, which `following` arguments follow: one, or two for a string or a slice that is
/// passed to a function with parameters for its address and length.
fn take_params<'p>(
    arg: &TypedArg,
    following: usize,
    params: &mut &'p [GoParam],
) -> Option<&'p [GoParam]> {
    let is_pair = arg.is_in_memory()
        && params.len() >= following + 2
        && params[..2].iter().all(|param| param.ty.is_word());
    let (own, rest) = params.split_at_checked(if is_pair { 2 } else { 1 })?;
    *params = rest;
    Some(own)
}

pub(super) fn wrong_count(got: usize, wanted: usize, noun: &str) -> String {
    let plural = if wanted == 1 { "" } else { "s" };
    format!("it takes {wanted} {noun}{plural}, got {got}")
}

impl TypedArg {
    /// Returns true if it is copied into memory.
    pub(super) fn is_in_memory(&self) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Listed(CallArg::Literal(literal)) => matches!(literal, Literal::Text(_)),
            Self::Listed(_) => true,
        }
    }

    /// Returns true for a slice.
    pub(super) fn is_slice(&self) -> bool {
        match self {
            Self::Word(_) | Self::Listed(CallArg::Literal(_) | CallArg::File(_)) => false,
            Self::Listed(_) => true,
        }
    }
}

/// The type that is written before a slice's elements, or that they show: only strings are written in double quotes.
pub(super) fn slice_element(arg: &TypedArg) -> Option<Element> {
    let TypedArg::Listed(arg) = arg else {
        return None;
    };
    match arg {
        CallArg::SliceOfText(element, _) | CallArg::SliceOfFile(element, _) => Some(*element),
        CallArg::Slice(Some(element), _) => Some(*element),
        CallArg::Slice(..) | CallArg::Literal(_) | CallArg::File(_) => None,
    }
}

/// The literal of a number or a boolean.
pub(super) fn literal(arg: &TypedArg) -> Result<Literal, String> {
    match arg {
        TypedArg::Listed(CallArg::Literal(literal)) => Ok(literal.clone()),
        TypedArg::Word(word) => match word.to_str() {
            Some(word) => Ok(Literal::Word(word.to_owned())),
            None => Err(format!("`{}` is not a number", word.display())),
        },
        TypedArg::Listed(other) => Err(format!("{other} is not a number")),
    }
}

/// The bytes of a string.
fn string(arg: &TypedArg, max: MaxBytes) -> Result<ArgBytes, String> {
    match arg {
        TypedArg::Word(word) => Ok(ArgBytes::InMemory(word.as_bytes().to_vec())),
        TypedArg::Listed(CallArg::Literal(Literal::Text(text))) => {
            Ok(ArgBytes::InMemory(text.clone()))
        }
        TypedArg::Listed(CallArg::Literal(literal)) => Err(not_a_string(literal)),
        TypedArg::Listed(CallArg::File(file)) => file_bytes(file, max),
        TypedArg::Listed(slice) => Err(format!("{slice} is not a string")),
    }
}

fn not_a_string(literal: &Literal) -> String {
    let text = match literal {
        Literal::Word(word) => word.clone(),
        Literal::Rune(rune) => rune.to_string(),
        Literal::Text(text) => String::from_utf8_lossy(text).into_owned(),
    };
    let written = Literal::Text(text.into_bytes());
    format!("`{literal}` is not a string; a string is written {written}")
}

fn file_bytes(file: &FileArg, max: MaxBytes) -> Result<ArgBytes, String> {
    match file {
        FileArg::Path(path) => ArgBytes::of_file(path, max),
        FileArg::StandardInput => ArgBytes::of_standard_input(max),
    }
}

/// The value with which a scalar is passed. An integer narrower than 32 bits is extended to 32.
fn scalar_value(scalar: Scalar, bits: u64) -> Val {
    use crate::go_types::{IntegerSize, ScalarKind};
    match scalar.kind {
        ScalarKind::Integer(IntegerSize::Bits64, _) => Val::I64(bits as i64),
        ScalarKind::Bool | ScalarKind::Integer(..) => Val::I32(bits as i32),
        ScalarKind::Float32 => Val::F32(wasmi::F32::from_bits(bits as u32)),
        ScalarKind::Float64 => Val::F64(wasmi::F64::from_bits(bits)),
    }
}

/// The value of a literal for a wasm type.
pub(super) fn wasm_value(literal: &Literal, ty: ValueType) -> Result<Val, String> {
    use super::value::{Reference, Value};
    use crate::go_literals::number;
    let word = number_text(literal)?;
    let value = match ty {
        ValueType::I32 => number::parse_i32(&word).map(Value::I32),
        ValueType::I64 => number::parse_i64(&word).map(Value::I64),
        ValueType::F32 => number::parse_float::<f32>(&word).map(Value::F32),
        ValueType::F64 => number::parse_float::<f64>(&word).map(Value::F64),
        ValueType::FuncRef if word == "null" => Ok(Value::FuncRef(Reference::Null)),
        ValueType::ExternRef if word == "null" => Ok(Value::ExternRef(Reference::Null)),
        ValueType::FuncRef | ValueType::ExternRef => Err("a reference can only be null".to_owned()),
        ValueType::V128 | ValueType::OtherRef => Err(format!("a {ty} has no text form")),
    };
    value.map(Val::from)
}
