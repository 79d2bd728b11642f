//! The release of TinyGo that built a module, for what a release is known to lack.

use std::fmt;

/// A release of TinyGo, as the `producers` section names it, like `0.34.0` or `0.41.0-dev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TinyGoRelease(String);

/// The first minor version, after `0.`, whose programs may recover from panics on WebAssembly:
/// <https://github.com/tinygo-org/tinygo/pull/5550>.
const FIRST_MINOR_WITH_RECOVER: u32 = 42;

impl TinyGoRelease {
    /// The release with this name.
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Returns true if `recover` does nothing in programs that this release built, so that deferred functions do not run
    /// after a panic.
    pub fn lacks_recover(&self) -> bool {
        let rest = self.0.strip_prefix("0.");
        let minor = rest.and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
        minor.is_some_and(|minor| minor < FIRST_MINOR_WITH_RECOVER)
    }
}

impl fmt::Display for TinyGoRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "TinyGo {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::TinyGoRelease;

    #[test]
    fn old_releases_lack_recover() {
        for (name, expected) in [
            ("0.34.0", true),
            ("0.41.1-dev", true),
            ("0.42.0", false),
            ("0.42.0-dev", false),
            ("0.100.0", false),
            ("1.0.0", false),
            ("0.", false),
            ("0.99999999999", false),
            ("", false),
        ] {
            assert_eq!(TinyGoRelease::new(name).lacks_recover(), expected, "{name}");
        }
    }
}
