//! The choices of `--init`.

use crate::guest::Init;
use clap::ValueEnum;
use clap::builder::PossibleValue;

impl ValueEnum for Init {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::None, Self::Initialize, Self::Start]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help(
                "Call `_initialize` if the module exports it, else `_start` if it exports that",
            ),
            Self::None => PossibleValue::new("none").help("Start nothing"),
            Self::Initialize => PossibleValue::new("_initialize")
                .help("Call `_initialize`, the export of a reactor (`-buildmode=c-shared`)"),
            Self::Start => PossibleValue::new("_start").help("Call `_start`, which runs `main`"),
        })
    }
}
