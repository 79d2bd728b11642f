//! Encodes an inspection as one JSON object.

use super::text::build_name;
use super::{Inspection, kind_name};
use crate::error::Error;
use crate::host::{Availability, Provider};
use crate::module::{ExternType, Scheduler, SizeLimits};
use serde::Serialize;

impl Inspection<'_> {
    /// The inspection as JSON, for other programs.
    ///
    /// # Errors
    ///
    /// `Runner` if encoding fails.
    pub fn as_json(&self) -> Result<String, Error> {
        let text = serde_json::to_string(&self.json());
        text.map(|text| text + "\n")
            .map_err(|error| Error::runner("cannot encode the module as JSON").caused_by(error))
    }

    fn json(&self) -> InspectionJson<'_> {
        let interface = &self.module.interface;
        let imports = self.imports().map(|(import, available)| JsonImport {
            module: &import.module,
            name: &import.name,
            r#type: match &import.ty {
                ExternType::Func(ty) => self.func_type(ty),
                other => kind_name(other).to_owned(),
            },
            provider: match available {
                Availability::Provided(Provider::Wasi) => Some("wasi"),
                Availability::Provided(_) => Some("tinyrun"),
                Availability::OtherType(..) | Availability::Missing => None,
            },
            limits: size_limits(&import.ty),
        });
        let declared = self.declarations();
        let functions = declared
            .into_iter()
            .map(|(name, ty, declaration)| JsonExport {
                name,
                r#type: self.func_type(ty),
                declaration: Some(declaration),
                limits: None,
            });
        let is_function = |ty: &ExternType| matches!(ty, ExternType::Func(_));
        let others = interface.exports.iter();
        let others = others.filter(|export| !is_function(&export.ty));
        let others = others.map(|export| JsonExport {
            name: &export.name,
            r#type: kind_name(&export.ty).to_owned(),
            declaration: None,
            limits: size_limits(&export.ty),
        });
        InspectionJson {
            module: &self.module.name,
            compiler: self.toolchain.compiler_name(),
            producers: self
                .toolchain
                .producers
                .iter()
                .map(|(name, values)| JsonProducers { name, values })
                .collect(),
            build: build_name(self.toolchain.build),
            scheduler: self.toolchain.scheduler.map(|scheduler| match scheduler {
                Scheduler::Asyncify => "asyncify",
                Scheduler::None => "none",
            }),
            debug_information: self.toolchain.has_debug_info,
            names: self.toolchain.has_names,
            initial_memory_bytes: interface.initial_memory,
            maximal_memory_bytes: interface.maximum_memory,
            imports: imports.collect(),
            exports: functions.chain(others).collect(),
            plumbing: self.runtime_exports(),
            bytes: self.sizes.total,
            sections: sizes(&self.sizes.sections),
            packages: sizes(&self.sizes.packages),
            largest_functions: sizes(&self.sizes.functions),
            no_debug_saves_bytes: self.debug_bytes(),
            no_scheduler_saves_bytes: self.scheduler_bytes(),
        }
    }
}

#[derive(Serialize)]
struct InspectionJson<'a> {
    module: &'a str,
    compiler: Option<String>,
    producers: Vec<JsonProducers<'a>>,
    build: &'static str,
    scheduler: Option<&'static str>,
    debug_information: bool,
    names: bool,
    initial_memory_bytes: u64,
    maximal_memory_bytes: Option<u64>,
    imports: Vec<JsonImport<'a>>,
    exports: Vec<JsonExport<'a>>,
    plumbing: Vec<&'a str>,
    bytes: usize,
    sections: Vec<JsonSize<'a>>,
    packages: Vec<JsonSize<'a>>,
    largest_functions: Vec<JsonSize<'a>>,
    no_debug_saves_bytes: usize,
    no_scheduler_saves_bytes: Option<usize>,
}

#[derive(Serialize)]
struct JsonProducers<'a> {
    name: &'a str,
    values: &'a [String],
}

#[derive(Serialize)]
struct JsonImport<'a> {
    module: &'a str,
    name: &'a str,
    r#type: String,
    provider: Option<&'static str>,
    /// The limits of a memory in bytes, or of a table in elements.
    #[serde(flatten)]
    limits: Option<SizeLimits>,
}

#[derive(Serialize)]
struct JsonExport<'a> {
    name: &'a str,
    r#type: String,
    /// The Go declaration of a function, or its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration: Option<String>,
    /// The limits of a memory in bytes, or of a table in elements.
    #[serde(flatten)]
    limits: Option<SizeLimits>,
}

#[derive(Serialize)]
struct JsonSize<'a> {
    name: &'a str,
    bytes: usize,
}

fn size_limits(ty: &ExternType) -> Option<SizeLimits> {
    match ty {
        ExternType::Memory(limits) | ExternType::Table(limits) => Some(*limits),
        _ => None,
    }
}

fn sizes(items: &[(String, usize)]) -> Vec<JsonSize<'_>> {
    items
        .iter()
        .map(|(name, bytes)| JsonSize {
            name,
            bytes: *bytes,
        })
        .collect()
}
