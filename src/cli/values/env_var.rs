//! The grammar of `--env`: `NAME=VALUE`, or `NAME` alone for the caller's value.

/// One variable of the guest's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvVar {
    /// `NAME=VALUE`.
    Set {
        /// The part before the first `=`, never empty.
        name: String,
        /// The part after it.
        value: String,
    },
    /// `NAME`: the caller's value, if there is one.
    Pass {
        /// The variable's name, never empty.
        name: String,
    },
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
        let name = name.to_owned();
        Ok(match value {
            Some(value) => Self::Set {
                name,
                value: value.to_owned(),
            },
            None => Self::Pass { name },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::EnvVar;

    #[test]
    fn variables_are_parsed() {
        let set = |name: &str, value: &str| EnvVar::Set {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        for (text, variable) in [
            ("A=b", set("A", "b")),
            ("A=", set("A", "")),
            ("A=b=c", set("A", "b=c")),
            ("A= b ", set("A", " b ")),
            (
                "A",
                EnvVar::Pass {
                    name: "A".to_owned(),
                },
            ),
        ] {
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
