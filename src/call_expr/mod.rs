//! The grammar of `--invoke`: `NAME`, for a call whose arguments are the words after MODULE, or `NAME(ARG, …)`; then
//! optionally `-> TYPE`, which says how to print the results. Strings and runes are written as in Go, so their escapes
//! can spell bytes that are not UTF-8.

mod arg;
mod error;
mod parser;
mod similar;
mod view;

pub use arg::{CallArg, FileArg, Literal};
pub use error::CallError;
pub use similar::KnownParams;
pub use view::{Ownership, View};

use crate::go_literals::name;
use arg::joined;
use parser::CallParser;
use std::fmt;

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

impl CallExpr {
    /// Parses `NAME` or `NAME(ARG, …)`, optionally with `-> TYPE` after it. A name that contains parentheses, an arrow
    /// or a quote is written as a Go string.
    ///
    /// # Errors
    ///
    /// For any other text, with the call that was most likely meant.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        Self::parse_exactly(text).map_err(|error| error.check_correction(Self::parse_exactly))
    }

    fn parse_exactly(text: &str) -> Result<Self, CallError> {
        error::refuse_signature(text)?;
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
        parser.end()?;
        Ok(Self { name, args, view })
    }

    /// The files that are arguments.
    pub fn files(&self) -> impl Iterator<Item = &FileArg> {
        let args = match &self.args {
            CallArgs::Listed(args) => args.as_slice(),
            CallArgs::Words => &[],
        };
        args.iter().filter_map(|arg| match arg {
            CallArg::File(file) | CallArg::SliceOfFile(_, file) => Some(file),
            CallArg::Literal(_) | CallArg::Slice(..) | CallArg::SliceOfText(..) => None,
        })
    }

    /// The option with this call, as it is typed in a shell.
    pub fn option(&self) -> String {
        let view = self.view.as_ref().map(|view| format!(" -> {view}"));
        let call = format!("{self}{}", view.unwrap_or_default());
        error::option(&call)
    }
}

/// The call as it is printed in messages and reports.
impl fmt::Display for CallExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name::quote(&self.name))?;
        let CallArgs::Listed(args) = &self.args else {
            return Ok(());
        };
        write!(f, "({})", joined(args))
    }
}

#[cfg(test)]
mod tests {
    use super::{CallArg, CallArgs, CallExpr, FileArg, Literal, Ownership, View};
    use crate::go_types::{Element, GoType, Scalar};

    fn word(text: &str) -> CallArg {
        CallArg::Literal(Literal::Word(text.to_owned()))
    }

    fn text(text: &str) -> CallArg {
        CallArg::Literal(Literal::Text(text.as_bytes().to_vec()))
    }

    fn path(path: &str) -> CallArg {
        CallArg::File(FileArg::Path(path.into()))
    }

    fn scalar(name: &str) -> Option<View> {
        Scalar::named(name).map(View::Scalar)
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
                listed(vec![path("a b.txt"), CallArg::File(FileArg::StandardInput)]),
                None,
            ),
            (r#"f(@"a,b")"#, "f", listed(vec![path("a,b")]), None),
            ("f -> u32", "f", CallArgs::Words, scalar("u32")),
            ("f()->hex", "f", listed(vec![]), Some(View::Hex)),
            ("f() -> (uint8)", "f", listed(vec![]), scalar("uint8")),
            (
                "f() -> []string",
                "f",
                listed(vec![]),
                Some(View::Slice(Element::String)),
            ),
            (
                "f() -> ( string ,[]byte)",
                "f",
                listed(vec![]),
                Some(View::Tuple(
                    ["string", "[]byte"]
                        .into_iter()
                        .filter_map(GoType::named)
                        .collect(),
                )),
            ),
            (
                r"f('é', '\'', '\xff')",
                "f",
                listed(
                    ['é', '\'', 'ÿ']
                        .map(|rune| CallArg::Literal(Literal::Rune(rune)))
                        .to_vec(),
                ),
                None,
            ),
            (
                r#"f([1, 'a',], [ ], []string["a"], []string{})"#,
                "f",
                listed(vec![
                    CallArg::Slice(
                        None,
                        vec![Literal::Word("1".to_owned()), Literal::Rune('a')],
                    ),
                    CallArg::Slice(None, vec![]),
                    CallArg::Slice(Some(Element::String), vec![Literal::Text(b"a".to_vec())]),
                    CallArg::Slice(Some(Element::String), vec![]),
                ]),
                None,
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
            ("f(1 2)x", 5),
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
            ("f() -> []text", 8),
            ("f() -> (int, (int, int))", 8),
            ("f([1, [2]])", 7),
            ("f([]text[1])", 3),
            ("f([]int32 1)", 11),
            ("f([1)", 5),
            ("f('')", 3),
            ("f('a)", 3),
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
        const LETTERS: [char; 16] = [
            'f', '(', ')', ',', '"', '`', '\\', '@', '-', '>', ' ', '\u{3000}', '\'', '[', ']', ':',
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
        for typed in [
            "add(1, -2)",
            "f()",
            r#"f("a\n", @x, @-)"#,
            r#"f([1, 'é'], []string["a"], []byte("a"), []int32(@x))"#,
            r#""a (b)"('\n')"#,
        ] {
            let printed = CallExpr::parse(typed).map(|call| call.to_string());
            assert_eq!(printed.as_deref(), Ok(typed));
        }
    }

    #[test]
    fn errors_have_the_call_that_was_meant() {
        for (typed, meant) in [
            ("add(1 2)", Some("add(1, 2)")),
            ("add(1 2 \"x\"", Some("add(1, 2, \"x\")")),
            ("f('hello')", Some("f(\"hello\")")),
            ("f(\"hello)", Some("f(\"hello\")")),
            ("f(\"hello) -> string", None),
            ("add(x: 1, y: 2)", Some("add(1, 2)")),
            ("add(1:i32, y:2)", Some("add(1, 2)")),
            ("add(1: i32, 2: i32)", Some("add(1, 2)")),
            ("add(a=1, b = 2)", Some("add(1, 2)")),
            ("greet(name=\"a b\")", Some("greet(\"a b\")")),
            ("add(a: i32, b: i32)", None),
            ("vowels(hello world)", Some("vowels(\"hello world\")")),
            ("add(1, 2): i32", Some("add(1, 2) -> i32")),
            ("add(1, 2) -> ()", Some("add(1, 2)")),
            ("ruby-version: func() -> ()", Some("ruby-version()")),
            ("add(1,,2)", None),
        ] {
            let error = CallExpr::parse(typed).err();
            let correction = error.and_then(|error| error.correction);
            assert_eq!(correction.as_deref(), meant, "{typed}");
        }
    }
}
