//! The grammar of `--env`: `NAME=VALUE`, or `NAME` alone for the caller's value.

/// One variable of the guest's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// The part before the first `=`, never empty.
    pub name: String,
    /// The part after it; `None` for the caller's value, if there is one.
    pub value: Option<String>,
}

impl EnvVar {
    /// Parses `NAME=VALUE` or `NAME`.
    ///
    /// # Errors
    ///
    /// A message that says what is wrong, if the name is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if name.is_empty() {
            return Err("the variable has no name; write NAME=VALUE or NAME".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::EnvVar;

    #[test]
    fn variables_are_parsed() {
        for (text, value) in [
            ("A=b", Some("b")),
            ("A=", Some("")),
            ("A=b=c", Some("b=c")),
            ("A= b ", Some(" b ")),
            ("A", None),
        ] {
            let variable = EnvVar {
                name: "A".to_owned(),
                value: value.map(str::to_owned),
            };
            assert_eq!(EnvVar::parse(text), Ok(variable), "{text}");
        }
    }

    #[test]
    fn a_variable_without_a_name_is_refused() {
        for text in ["", "=", "=b"] {
            assert!(EnvVar::parse(text).is_err(), "{text}");
        }
    }
}
