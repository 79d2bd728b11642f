//! The grammar of `--invoke`: an export's name, for a call whose arguments are the words behind MODULE,
//! or a whole call, `NAME(ARG, …)`; and behind either, `-> TYPE` for the view of what it returns.
//! Strings are written as in Go, so their escapes can spell bytes that are no text.

mod parser;

use crate::go_literals::string;
use parser::Parser;
use std::fmt;
use std::path::PathBuf;

/// A call as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallExpr {
    /// The export's name.
    pub name: String,
    /// What it is called with.
    pub args: CallArgs,
    /// How its results are shown; `None` for each by itself.
    pub view: Option<View>,
}

/// Where a call's arguments come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallArgs {
    /// The words behind MODULE.
    Words,
    /// The call itself.
    Listed(Vec<CallArg>),
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallArg {
    /// A number, `true` or `false`, as it was written: what it means is its parameter's to say.
    Word(String),
    /// A string's bytes.
    Text(Vec<u8>),
    /// A file's content.
    File(PathBuf),
    /// What standard input holds.
    StandardInput,
}

/// How the results of a call are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As a number of this kind.
    Number(NumberView),
    /// As the text that it names in the guest's memory.
    Text(Ownership),
    /// As the bytes that it names in the guest's memory, in hexadecimal.
    Bytes(Ownership),
}

/// The kinds of numbers that a result can be shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberView {
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
    /// `true` or `false`.
    Bool,
    /// Its bits, in hexadecimal.
    Hex,
}

/// Whose the memory is that a result names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The guest keeps it.
    Guest,
    /// The guest hands it over, and it is freed once it was shown.
    Owned,
}

/// What is wrong with a call, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct CallError {
    /// The place, counted in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

const VIEWS: [(&str, NumberView); 8] = [
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
    /// Reads `NAME`, `NAME(ARG, …)` or either with `-> TYPE` behind it. A name that has parentheses,
    /// an arrow or a quote in it is written as a Go string.
    ///
    /// # Errors
    ///
    /// What is wrong and where, for a text of any other form.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        let mut parser = Parser::new(text);
        let name = parser.name()?;
        let args = match parser.accept("(") {
            true => CallArgs::Listed(parser.args()?),
            false => CallArgs::Words,
        };
        let view = match parser.accept("->") {
            true => Some(parser.view()?),
            false => None,
        };
        parser.end("the call should end here, or go on with `-> TYPE`")?;
        Ok(Self { name, args, view })
    }
}

/// As it is written behind `->`.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(Ownership::Guest) => "string",
            Self::Text(Ownership::Owned) => "owned string",
            Self::Bytes(Ownership::Guest) => "bytes",
            Self::Bytes(Ownership::Owned) => "owned bytes",
            Self::Number(number) => {
                let named = VIEWS.iter().find(|(_, view)| view == number);
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

/// The call as messages and reports show it.
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
    fn calls_are_read() {
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
    fn what_is_no_call_is_refused_with_its_place() {
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
            let answer = CallExpr::parse(typed);
            assert!(
                matches!(&answer, Err(error) if error.column == column),
                "{typed}: {answer:?}"
            );
        }
    }

    /// Every text of up to five characters that matter to the grammar, a wide space among them.
    #[test]
    fn any_text_is_a_call_or_has_a_place() {
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
    fn a_call_is_shown_as_it_is_typed() {
        for typed in ["add(1, -2)", "f()", r#"f("a\n", @x, @-)"#] {
            let shown = CallExpr::parse(typed).map(|call| call.to_string());
            assert_eq!(shown.as_deref(), Ok(typed));
        }
    }
}
