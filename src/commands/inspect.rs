//! `tinyrun inspect`: what a module is, needs, offers and weighs.

use super::progress;
use crate::cli::Inspect;
use crate::error::Error;
use crate::guest;
use crate::host;
use crate::insight;
use crate::module::{self, Origin, Part, Weight};
use crate::report::{self, ExitStatus, Inspection};

/// Inspects a module.
pub(super) fn inspect(options: &Inspect) -> ExitStatus {
    let text = match read(options) {
        Ok(text) => text,
        Err(failure) => {
            report::error(&failure);
            return ExitStatus::of_kind(failure.kind);
        }
    };
    super::printed_to_output(host::write_output(text.as_bytes()))
}

fn read(options: &Inspect) -> Result<String, Error> {
    progress::show_loading(&options.module, &[]);
    let module = module::load(&options.module, Part::Whole)?;
    guest::validate(&module)?;
    let malformed =
        |error| Error::module(format!("{} is not a valid module", module.name)).caused_by(error);
    let origin = Origin::of(&module);
    let mut weight = Weight::of(&module).map_err(malformed)?;
    for (name, _) in &mut weight.functions {
        *name = insight::go_name(name);
    }
    let providers = host::providers(&module.interface.imports)?;
    let inspection = Inspection::new(&module, origin, weight, providers);
    match options.json {
        true => inspection.as_json(),
        false => Ok(inspection.as_text()),
    }
}
