//! The grammar of `--invoke`: `NAME`, for a call whose arguments are the words after MODULE, or `NAME(ARG, …)`; then
//! optionally `-> TYPE`, which says how to print the results. Strings are written as in Go, so their escapes can spell
//! bytes that are not UTF-8.

mod parser;

use crate::go_literals::string;
use parser::CallParser;
use std::fmt;
use std::path::PathBuf;

/// A call of an export, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallExpr {
    /// The export's name.
    pub name: String,
    /// Its arguments.
    pub args: CallArgs,
    /// How its results are printed; `None` for each as its wasm type.
    pub view: Option<View>,
}

/// Where a call's arguments come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallArgs {
    /// The words after MODULE.
    Words,
    /// The call, between parentheses.
    Listed(Vec<CallArg>),
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallArg {
    /// A number, `true` or `false`, kept as text until the parameter's type is known.
    Word(String),
    /// The bytes of a string.
    Text(Vec<u8>),
    /// The content of a file.
    File(PathBuf),
    /// The content of standard input.
    StandardInput,
}

/// How the results of a call are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As a number.
    Number(NumberView),
    /// As the text that they refer to in the guest's memory.
    Text(Ownership),
    /// As the bytes that they refer to in the guest's memory, in hexadecimal.
    Bytes(Ownership),
}

/// How a number is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberView {
    /// As an unsigned 32-bit integer.
    U32,
    /// As an unsigned 64-bit integer.
    U64,
    /// As a signed 32-bit integer.
    I32,
    /// As a signed 64-bit integer.
    I64,
    /// As a 32-bit float.
    F32,
    /// As a 64-bit float.
    F64,
    /// As `true` or `false`.
    Bool,
    /// As its bits in hexadecimal.
    Hex,
}

/// Who frees the memory that a result refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The guest keeps it.
    Guest,
    /// The guest gives it away, so it is freed after printing.
    Owned,
}

/// A syntax error in a call.
#[derive(Debug, PartialEq, Eq)]
pub struct CallError {
    /// The column, counted in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// The views of numbers by the names of their types.
const NUMBER_VIEWS: [(&str, NumberView); 8] = [
    ("u32", NumberView::U32),
    ("u64", NumberView::U64),
    ("i32", NumberView::I32),
    ("i64", NumberView::I64),
    ("f32", NumberView::F32),
    ("f64", NumberView::F64),
    ("bool", NumberView::Bool),
    ("hex", NumberView::Hex),
];

impl CallExpr {
    /// Parses `NAME` or `NAME(ARG, …)`, optionally with `-> TYPE` after it. A name that contains parentheses, an arrow
    /// or a quote is written as a Go string.
    ///
    /// # Errors
    ///
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        let mut parser = CallParser::new(text);
        let name = parser.name()?;
        let args = if parser.accept("(") {
            CallArgs::Listed(parser.args()?)
        } else {
            CallArgs::Words
        };
        let view = if parser.accept("->") {
            Some(parser.view()?)
        } else {
            None
        };
        parser.end("expected the end of the call or `-> TYPE`")?;
        Ok(Self { name, args, view })
    }
}

/// The type as it is written after `->`.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(Ownership::Guest) => "string",
            Self::Text(Ownership::Owned) => "owned string",
            Self::Bytes(Ownership::Guest) => "bytes",
            Self::Bytes(Ownership::Owned) => "owned bytes",
            Self::Number(number) => {
                let named = NUMBER_VIEWS.iter().find(|(_, view)| view == number);
                named.map_or("number", |(name, _)| name)
            }
        })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for CallError {}

/// The call as messages and reports have it.
impl fmt::Display for CallExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let CallArgs::Listed(args) = &self.args else {
            return Ok(());
        };
        let args: Vec<_> = args.iter().map(CallArg::to_string).collect();
        write!(f, "({})", args.join(", "))
    }
}

impl fmt::Display for CallArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Text(text) => f.write_str(&string::quote(text)),
            Self::File(path) => write!(f, "@{}", path.display()),
            Self::StandardInput => f.write_str("@-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CallArg, CallArgs, CallExpr, NumberView, Ownership, View};

    fn word(text: &str) -> CallArg {
        CallArg::Word(text.to_owned())
    }

    fn text(text: &str) -> CallArg {
        CallArg::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn calls_are_parsed() {
        let listed = CallArgs::Listed;
        for (typed, name, args, view) in [
            ("add", "add", CallArgs::Words, None),
            ("main.add", "main.add", CallArgs::Words, None),
            ("f()", "f", listed(vec![]), None),
            (" f ( ) ", "f", listed(vec![]), None),
            (
                "add(1, -2)",
                "add",
                listed(vec![word("1"), word("-2")]),
                None,
            ),
            ("f(1,)", "f", listed(vec![word("1")]), None),
            (
                "f(0xff,nan,true)",
                "f",
                listed(vec![word("0xff"), word("nan"), word("true")]),
                None,
            ),
            (
                r#"f("a, (b)", `c"`)"#,
                "f",
                listed(vec![text("a, (b)"), text("c\"")]),
                None,
            ),
            (
                "f(@a b.txt, @-)",
                "f",
                listed(vec![
                    CallArg::File("a b.txt".into()),
                    CallArg::StandardInput,
                ]),
                None,
            ),
            (
                r#"f(@"a,b")"#,
                "f",
                listed(vec![CallArg::File("a,b".into())]),
                None,
            ),
            (
                "f -> u32",
                "f",
                CallArgs::Words,
                Some(View::Number(NumberView::U32)),
            ),
            (
                "f()->hex",
                "f",
                listed(vec![]),
                Some(View::Number(NumberView::Hex)),
            ),
            (
                "f() -> string",
                "f",
                listed(vec![]),
                Some(View::Text(Ownership::Guest)),
            ),
            (
                "f() -> owned  bytes ",
                "f",
                listed(vec![]),
                Some(View::Bytes(Ownership::Owned)),
            ),
            (
                r#""odd (name)"(1)"#,
                "odd (name)",
                listed(vec![word("1")]),
                None,
            ),
        ] {
            let call = CallExpr {
                name: name.to_owned(),
                args,
                view,
            };
            assert_eq!(CallExpr::parse(typed), Ok(call), "{typed}");
        }
    }

    #[test]
    fn errors_have_a_column() {
        for (typed, column) in [
            ("", 1),
            ("  ", 3),
            ("(1)", 1),
            ("-> string", 1),
            ("f(", 3),
            ("f(1", 4),
            ("f(1 2)x", 7),
            ("f(,)", 3),
            ("f(1,,2)", 5),
            ("f(1) 2", 6),
            ("f(\"a)", 3),
            ("é(\"\\q\")", 4),
            ("f(a\"b\")", 3),
            ("f(g(1))", 3),
            ("f(@)", 4),
            ("f() ->", 7),
            ("f() -> text", 8),
            ("f() -> owned u32", 8),
            ("f() -> ownedstring", 8),
            ("\"\\xff\"()", 7),
        ] {
            let parsed = CallExpr::parse(typed);
            assert!(
                matches!(&parsed, Err(error) if error.column == column),
                "{typed}: {parsed:?}"
            );
        }
    }

    /// Tries every text of up to five characters that matter to the grammar, and a wide space.
    #[test]
    fn any_text_is_a_call_or_has_a_column() {
        const LETTERS: [char; 12] = [
            'f', '(', ')', ',', '"', '`', '\\', '@', '-', '>', ' ', '\u{3000}',
        ];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer = texts
                .iter()
                .flat_map(|text| LETTERS.map(|letter| format!("{text}{letter}")));
            texts = longer.chain([String::new()]).collect();
            for text in &texts {
                match CallExpr::parse(text) {
                    Ok(call) => {
                        assert!(!call.name.is_empty() || text.contains(['"', '`']), "{text}")
                    }
                    Err(error) => assert!((1..=text.len() + 1).contains(&error.column), "{text}"),
                }
            }
        }
    }

    #[test]
    fn a_call_is_printed_as_it_is_typed() {
        for typed in ["add(1, -2)", "f()", r#"f("a\n", @x, @-)"#] {
            let printed = CallExpr::parse(typed).map(|call| call.to_string());
            assert_eq!(printed.as_deref(), Ok(typed));
        }
    }
}
