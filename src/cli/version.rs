//! The output of `--version`. With `--verbose`, it has the facts that a bug report needs. They are constants and not the
//! work of a build script, which every build would wait for.

use std::env::consts::ARCH;
use std::ffi::OsString;

/// The engine's name and version. A macro, because `concat!` takes only literals.
macro_rules! engine {
    () => {
        "wasmi 2.0.0"
    };
}

/// The version of tinyrun with that of the engine, as it follows the name of the program.
pub const SHORT: &str = concat!(env!("CARGO_PKG_VERSION"), " (", engine!(), ")");

/// The Cargo features with which the engine is built.
const ENGINE_FEATURES: &str = "std, validate, auto-dispatch, memory64, simd";

/// The Git commit, which the release scripts set. Cargo does not pass it on.
const COMMIT: Option<&str> = option_env!("TINYRUN_COMMIT");

/// The output of `--version --verbose`.
pub fn verbose() -> String {
    let commit = COMMIT.unwrap_or("unknown");
    let system = if cfg!(target_os = "macos") {
        "apple-darwin"
    } else if cfg!(target_env = "musl") {
        "unknown-linux-musl"
    } else {
        "unknown-linux-gnu"
    };
    let linking = if cfg!(target_feature = "crt-static") {
        "static"
    } else {
        "dynamic"
    };
    format!(
        "tinyrun {SHORT}\ncommit: {commit}\ntarget: {ARCH}-{system} ({linking})\nengine: {} ({ENGINE_FEATURES})\n",
        engine!()
    )
}

/// Returns true if a command line with `--version` also has `--verbose`, in any form: `-V -v`, `-vV`.
pub fn is_verbose(args: &[OsString]) -> bool {
    let words = args.iter().skip(1).filter_map(|word| word.to_str());
    let mut words = words.take_while(|word| word.starts_with('-'));
    words.any(|word| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        let is_series = letters.chars().all(|letter| "vV".contains(letter));
        word == "--verbose" || (is_series && letters.contains('v'))
    })
}

#[cfg(test)]
mod tests {
    use super::{ENGINE_FEATURES, is_verbose};

    #[test]
    fn the_engine_version_is_the_locked_one() {
        let locked = include_str!("../../Cargo.lock").split("\n\n");
        let wasmi = locked.filter(|package| package.contains("\nname = \"wasmi\"\n"));
        let version_of = |package: &'static str| {
            let mut lines = package.lines();
            lines.find_map(|line| line.strip_prefix("version = "))
        };
        // The tests also use an older version.
        let versions = wasmi.filter_map(version_of);
        let version = versions.map(|version| version.trim_matches('"')).max();
        assert_eq!(engine!().strip_prefix("wasmi "), version);
    }

    #[test]
    fn the_engine_features_are_those_of_the_manifest() {
        let mut lines = include_str!("../../Cargo.toml").lines();
        let wasmi = lines.find(|line| line.starts_with("wasmi = "));
        let (_, features) = wasmi
            .and_then(|line| line.split_once(" features = ["))
            .unwrap_or_default();
        let features = features.trim_end_matches("] }").replace('"', "");
        assert_eq!(features, ENGINE_FEATURES);
    }

    #[test]
    fn verbose_is_found_in_any_form() {
        for (line, expected) in [
            ("tinyrun -V", false),
            ("tinyrun --version --verbose", true),
            ("tinyrun --version -v", true),
            ("tinyrun -v -V", true),
            ("tinyrun -vV", true),
            ("tinyrun -Vv", true),
            ("tinyrun --version m.wasm -v", false),
        ] {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            assert_eq!(is_verbose(&words), expected, "{line}");
        }
    }
}
