//! The grammar of `--import`: `MODULE.NAME=RULE`, and the choices of `--unknown-imports`. Both names may contain dots,
//! so `MODULE.NAME` is not split.

use crate::go_literals::number::{parse_float, parse_i64};
use crate::host::{ImportRule, StringPositions, StubImport, UnknownImports};
use clap::ValueEnum;
use clap::builder::PossibleValue;

/// Parses `MODULE.NAME=RULE`; the last `=` is the separator.
///
/// # Errors
///
/// A message that says what is wrong.
pub fn parse(text: &str) -> Result<ImportRule, String> {
    let form = || "write MODULE.NAME=RULE, as in env.fetch=zero".to_owned();
    let (import, rule) = text.rsplit_once('=').ok_or_else(form)?;
    if !import.contains('.') || rule.is_empty() {
        return Err(form());
    }
    let stub = match rule {
        "print" => StubImport::Print(StringPositions::Detect),
        "trace" => StubImport::Trace,
        "zero" => StubImport::Zero,
        "trap" => StubImport::Trap,
        rule if rule.starts_with("print(") => StubImport::Print(string_positions(rule)?),
        constant if is_constant(constant) => StubImport::Constant(constant.to_owned()),
        other => {
            return Err(format!(
                "`{other}` is not a rule; write print, print(1), trace, zero, trap or a number"
            ));
        }
    };
    Ok(ImportRule {
        import: import.to_owned(),
        stub,
    })
}

/// The choices of `--unknown-imports`.
impl ValueEnum for UnknownImports {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Error, Self::Trap, Self::Zero, Self::Trace]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Error => PossibleValue::new("error").help("Refuse to run the module"),
            Self::Trap => PossibleValue::new("trap").help("Trap when one is called"),
            Self::Zero => PossibleValue::new("zero").help("Return zero from each"),
            Self::Trace => PossibleValue::new("trace").help("Print each call and return zero"),
        })
    }
}

/// Parses the parameters' indices in `print(1, 3)`.
fn string_positions(rule: &str) -> Result<StringPositions, String> {
    let form = || {
        "write print(1), with the index of the parameter that is a string's address, counted from 0"
            .to_owned()
    };
    let list = rule
        .strip_prefix("print(")
        .and_then(|rest| rest.strip_suffix(')'));
    let indices = list.ok_or_else(form)?.split(',');
    let indices: Result<Vec<usize>, _> = indices.map(|index| index.trim().parse()).collect();
    let indices = indices.map_err(|_| form())?;
    // A string takes two parameters.
    let overlap = |pair: &[usize]| pair[1] < pair[0].saturating_add(2);
    match indices.windows(2).any(overlap) {
        true => {
            Err("in print(1, 3), each index is at least 2 larger than the one before".to_owned())
        }
        false => Ok(StringPositions::At(indices)),
    }
}

/// Returns whether a word is a constant of some type. Whether it fits the import is checked when that is linked.
fn is_constant(word: &str) -> bool {
    parse_i64(word).is_ok() || parse_float::<f64>(word).is_ok() || ["true", "false"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::{ImportRule, StringPositions, StubImport, parse};

    #[test]
    fn rules_are_parsed() {
        for (text, import, stub) in [
            ("env.fetch=zero", "env.fetch", StubImport::Zero),
            ("env.main.main=trap", "env.main.main", StubImport::Trap),
            (
                "a.b=c=print",
                "a.b=c",
                StubImport::Print(StringPositions::Detect),
            ),
            (
                "a.b=print(1, 3)",
                "a.b",
                StubImport::Print(StringPositions::At(vec![1, 3])),
            ),
            ("a.b=trace", "a.b", StubImport::Trace),
            ("a.b=-1", "a.b", StubImport::Constant("-1".to_owned())),
            ("a.b=nan", "a.b", StubImport::Constant("nan".to_owned())),
            ("a.b=true", "a.b", StubImport::Constant("true".to_owned())),
        ] {
            let import = import.to_owned();
            assert_eq!(parse(text), Ok(ImportRule { import, stub }), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "env.fetch",
            "env.fetch=",
            "fetch=zero",
            "env.fetch=zeor",
            "env.log=print()",
            "env.log=print(1",
            "env.log=print(x)",
            "env.log=print(1,2)",
            "env.log=print(3,1)",
            "=zero",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
