//! `tinyrun inspect` prints what a module imports, exports and contains.

use super::{outputs, progress};
use crate::cli::Inspect;
use crate::console;
use crate::error::Error;
use crate::guest;
use crate::host;
use crate::insight::FunctionNames;
use crate::module::{self, LoadedParts, ModuleSizes, SizeNode, Toolchain};
use crate::report::{self, ExitStatus, Inspection};

/// Prints what a module contains.
pub(super) fn inspect(options: &Inspect) -> ExitStatus {
    let text = match read(options) {
        Ok(text) => text,
        Err(error) => {
            report::print_error(&error);
            return ExitStatus::of_kind(error.kind);
        }
    };
    super::status_of_print(console::write_stdout(text.as_bytes()))
}

/// Reads the module and writes the treemap. Returns the text to print.
fn read(options: &Inspect) -> Result<String, Error> {
    let treemap = options.treemap.as_deref();
    let treemap = treemap.map(|path| outputs::open_treemap(path, &options.module));
    let treemap = treemap.transpose()?;
    progress::show_loading(&options.module, &[]);
    let module = module::load(&options.module, LoadedParts::All)?;
    guest::validate(&module)?;
    let malformed =
        |error| Error::module(format!("{} is not a valid module", module.name)).caused_by(error);
    let toolchain = Toolchain::detect(&module);
    let names = FunctionNames::read(&module);
    let sizes = ModuleSizes::measure(&module, |index| names.name(index)).map_err(malformed)?;
    let availability = host::availability(&module.interface.imports)?;
    if let Some(file) = treemap {
        let root = SizeNode::measure(&module, |index| names.name(index)).map_err(malformed)?;
        file.write(&report::draw_treemap(&root, &module.name))?;
    }
    let inspection = Inspection::new(&module, toolchain, sizes, availability);
    if options.json {
        inspection.as_json()
    } else {
        Ok(inspection.as_text())
    }
}
