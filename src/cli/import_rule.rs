//! The grammar of `--import`: `MODULE.NAME=RULE`. Both names may hold dots, so that they are told apart
//! only by what a module imports.

/// How one import is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRule {
    /// `MODULE.NAME`.
    pub import: String,
    /// How it is answered.
    pub rule: Rule,
}

/// How an import is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Its string arguments are printed, a line to standard output.
    Print,
    /// Its name and arguments are shown on standard error, and it answers zero.
    Trace,
    /// It answers zero.
    Zero,
    /// It traps.
    Trap,
    /// It answers this number, as it was written.
    Constant(String),
}

/// How the imports are answered that nothing else provides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum UnknownImports {
    /// They are an error before anything runs
    #[default]
    Error,
    /// They trap when they are called
    Trap,
    /// They answer zero
    Zero,
}

impl ImportRule {
    /// Reads `MODULE.NAME=RULE`; the last `=` parts the two.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || "write MODULE.NAME=RULE, as in env.fetch=zero".to_owned();
        let (import, rule) = text.rsplit_once('=').ok_or_else(form)?;
        if !import.contains('.') || rule.is_empty() {
            return Err(form());
        }
        let rule = match rule {
            "print" => Rule::Print,
            "trace" => Rule::Trace,
            "zero" => Rule::Zero,
            "trap" => Rule::Trap,
            constant if is_like_a_number(constant) => Rule::Constant(constant.to_owned()),
            other => {
                return Err(format!(
                    "`{other}` is not a rule; there are print, trace, zero, trap and numbers"
                ));
            }
        };
        Ok(Self {
            import: import.to_owned(),
            rule,
        })
    }
}

/// Whether a word can be a constant of some type: what it is of the import's is seen later.
fn is_like_a_number(word: &str) -> bool {
    use super::number::{parse_f64, parse_i64};
    parse_i64(word).is_ok() || parse_f64(word).is_ok() || ["true", "false"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::{ImportRule, Rule};

    #[test]
    fn rules_are_read() {
        for (text, import, rule) in [
            ("env.fetch=zero", "env.fetch", Rule::Zero),
            ("env.main.main=trap", "env.main.main", Rule::Trap),
            ("a.b=c=print", "a.b=c", Rule::Print),
            ("a.b=trace", "a.b", Rule::Trace),
            ("a.b=-1", "a.b", Rule::Constant("-1".to_owned())),
            ("a.b=nan", "a.b", Rule::Constant("nan".to_owned())),
            ("a.b=true", "a.b", Rule::Constant("true".to_owned())),
        ] {
            let import = import.to_owned();
            assert_eq!(
                ImportRule::parse(text),
                Ok(ImportRule { import, rule }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "env.fetch",
            "env.fetch=",
            "fetch=zero",
            "env.fetch=zeor",
            "=zero",
        ] {
            assert!(ImportRule::parse(text).is_err(), "{text}");
        }
    }
}
