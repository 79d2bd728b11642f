//! Finds calls that are similar to one that does not fit its export, and that may have been meant instead.

use super::{CallArg, CallArgs, CallExpr, Literal, Ownership, View};
use crate::go_literals::number;
use crate::go_types::{Element, GoType};

/// What is known about the parameters of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownParams {
    /// Their Go types, so that a number can be meant as a string.
    GoTypes,
    /// Only the types of wasm values.
    WasmTypes,
}

impl CallExpr {
    /// The call with words as its arguments.
    pub fn with_words(&self, words: &[String]) -> Self {
        let literal = |word: &String| CallArg::Literal(Literal::Word(word.clone()));
        let args = words.iter().map(literal).collect();
        self.with_args(args)
    }

    /// Calls with other arguments or another type of the result, the most likely first. Each is a call that the user
    /// may have meant; the caller knows which of them fits.
    pub fn similar(&self, params: KnownParams) -> Vec<Self> {
        let CallArgs::Listed(args) = &self.args else {
            return Vec::new();
        };
        let lists = lists(args, params);
        let views = views(self.view.as_ref());
        let calls = views.iter().flat_map(|view| {
            let calls = lists.iter().map(|args| Self {
                view: view.clone(),
                ..self.with_args(args.clone())
            });
            calls.collect::<Vec<_>>()
        });
        calls.collect()
    }

    /// The call with words that are no numbers as strings.
    pub fn with_text_quoted(&self) -> Self {
        match &self.args {
            CallArgs::Listed(args) => self.with_args(each(args, quoted_text)),
            CallArgs::Words => self.clone(),
        }
    }

    fn with_args(&self, args: Vec<CallArg>) -> Self {
        Self {
            args: CallArgs::Listed(args),
            ..self.clone()
        }
    }
}

/// Other lists of arguments, after the list itself.
fn lists(args: &[CallArg], params: KnownParams) -> Vec<Vec<CallArg>> {
    let each = |change| each(args, change);
    let mut lists = vec![
        args.to_vec(),
        each(quoted_text),
        each(unquoted),
        each(rune),
        args.iter().map(typed_strings).collect(),
    ];
    if params == KnownParams::GoTypes {
        lists.extend([each(quoted), each(rune_of_word)]);
        lists.extend(as_slice(args).map(|slice| vec![slice]));
        lists.extend(as_slice(&each(quoted)).map(|slice| vec![slice]));
    }
    lists.extend(parsed(args));
    lists.dedup();
    lists
}

/// The arguments with some literals changed.
fn each(args: &[CallArg], change: fn(&Literal) -> Option<Literal>) -> Vec<CallArg> {
    let changed = args.iter().map(|arg| match arg {
        CallArg::Literal(literal) => change(literal).map_or(arg.clone(), CallArg::Literal),
        other => other.clone(),
    });
    changed.collect()
}

/// A slice of strings with its type, which only they have.
fn typed_strings(arg: &CallArg) -> CallArg {
    match arg {
        CallArg::Slice(None, elements) if matches!(elements.first(), Some(Literal::Text(_))) => {
            CallArg::Slice(Some(Element::String), elements.clone())
        }
        other => other.clone(),
    }
}

/// A word that is no number, as a string.
fn quoted_text(literal: &Literal) -> Option<Literal> {
    match literal {
        Literal::Word(word) if number::parse_float::<f64>(word).is_err() => quoted(literal),
        _ => None,
    }
}

fn quoted(literal: &Literal) -> Option<Literal> {
    match literal {
        Literal::Word(word) => {
            // Word processors replace the quotes that are typed.
            let text = word.trim_matches(['“', '”', '„', '‘', '’']);
            Some(Literal::Text(text.as_bytes().to_vec()))
        }
        Literal::Rune(rune) => Some(Literal::Text(rune.to_string().into_bytes())),
        Literal::Text(_) => None,
    }
}

/// A string that is a number, as one.
fn unquoted(literal: &Literal) -> Option<Literal> {
    let Literal::Text(text) = literal else {
        return None;
    };
    let word = std::str::from_utf8(text).ok()?;
    let is_number = number::parse_integer(word).is_ok() || number::parse_float::<f64>(word).is_ok();
    is_number.then(|| Literal::Word(word.to_owned()))
}

/// A string of one character, as a rune.
fn rune(literal: &Literal) -> Option<Literal> {
    let Literal::Text(text) = literal else {
        return None;
    };
    let mut chars = std::str::from_utf8(text).ok()?.chars();
    let rune = chars.next()?;
    chars.next().is_none().then_some(Literal::Rune(rune))
}

/// A word of one character, as a rune.
fn rune_of_word(literal: &Literal) -> Option<Literal> {
    rune(&quoted(literal)?)
}

/// All arguments as the elements of one slice.
fn as_slice(args: &[CallArg]) -> Option<CallArg> {
    let literals = args.iter().map(|arg| match arg {
        CallArg::Literal(literal) => Some(literal.clone()),
        _ => None,
    });
    let literals: Option<Vec<_>> = literals.collect();
    Some(CallArg::Slice(None, literals?))
}

/// The arguments that words are when they are parsed as such.
fn parsed(args: &[CallArg]) -> Option<Vec<CallArg>> {
    let words = args.iter().map(|arg| match arg {
        CallArg::Literal(Literal::Word(word)) => Some(word.trim_end_matches(',')),
        _ => None,
    });
    let words: Option<Vec<_>> = words.collect();
    let call = CallExpr::parse(&format!("f({})", words?.join(", "))).ok()?;
    match call.args {
        CallArgs::Listed(args) => Some(args),
        CallArgs::Words => None,
    }
}

/// Other types of the result, after the type itself.
fn views(view: Option<&View>) -> Vec<Option<View>> {
    let mut views = vec![view.cloned()];
    if let Some(View::Scalar(scalar)) = view {
        views.push(Some(View::Tuple(vec![GoType::Scalar(*scalar); 2])));
    }
    let text = View::Text(Ownership::Guest);
    views.push(view.cloned().map(View::unowned));
    if view.is_some() {
        views.extend([Some(text), None]);
    }
    views.dedup();
    views
}

#[cfg(test)]
mod tests {
    use super::{CallExpr, KnownParams};

    #[test]
    fn similar_calls_include_what_was_meant() {
        for (typed, meant) in [
            ("vowels(hello)", "vowels(\"hello\")"),
            ("vowels(“hello”)", "vowels(\"hello\")"),
            ("pad(hello, 3)", "pad(\"hello\", 3)"),
            ("add(\"1\", 2)", "add(1, 2)"),
            ("is(\"é\")", "is('é')"),
            ("first('é')", "first(\"é\")"),
            ("sum(1, 2)", "sum([1, 2])"),
            ("join(a, b)", "join([\"a\", \"b\"])"),
            ("twice(\"a\") -> i32", "twice(\"a\") -> string"),
            ("divmod(7, 2) -> int", "divmod(7, 2) -> (int, int)"),
            ("greet() -> owned string", "greet() -> string"),
            ("nothing() -> i32", "nothing()"),
        ] {
            let similar = CallExpr::parse(typed);
            let similar = similar.map(|call| call.similar(KnownParams::GoTypes));
            let meant = CallExpr::parse(meant);
            assert!(
                matches!((&similar, &meant), (Ok(similar), Ok(meant)) if similar.contains(meant)),
                "{typed}: {similar:?}"
            );
        }
    }

    #[test]
    fn words_are_parsed_as_arguments() {
        let call = CallExpr::parse("sum").map(|call| call.with_words(&["[1, 2]".to_owned()]));
        let similar = call.map(|call| call.similar(KnownParams::GoTypes));
        let similar = similar.unwrap_or_default();
        let printed: Vec<_> = similar.iter().map(ToString::to_string).collect();
        assert!(printed.contains(&"sum([1, 2])".to_owned()), "{printed:?}");
    }
}
