//! Where a module comes from: the compiler, the kind of build, the scheduler, and whether it carries
//! debug information. All of it is read off what the module says of itself.

use super::interface::Interface;
use super::{Module, dwarf, names};
use wasmparser::{KnownCustom, Parser, Payload};

/// Where a module comes from.
#[derive(Debug)]
pub struct Toolchain {
    /// The compiler.
    pub compiler: Compiler,
    /// What the `producers` section says, each field's name with its values.
    pub producers: Vec<(String, Vec<String>)>,
    /// The kind of build.
    pub build: Build,
    /// How goroutines are scheduled, in a TinyGo module.
    pub scheduler: Option<Scheduler>,
    /// Whether it has debug information.
    pub has_debug_info: bool,
    /// Whether its functions have names.
    pub has_names: bool,
}

/// The compilers that can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compiler {
    /// TinyGo.
    TinyGo,
    /// The official Go compiler.
    Go,
    /// Another one, or none that can be told.
    #[default]
    Other,
}

/// The kinds of builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// A program whose life is one run of `_start`.
    Command,
    /// A library whose runtime is started by `_initialize`.
    Reactor,
    /// A program for the browser.
    Browser,
    /// Neither: it exports no `_start` and no `_initialize`.
    Plain,
}

/// How goroutines are scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// By unwinding the stack, which takes code in every function that may wait.
    Asyncify,
    /// Not at all.
    None,
}

impl Toolchain {
    /// Reads a module's origin.
    pub fn of(module: &Module) -> Self {
        let producers = producers(&module.wasm);
        let exports = |name| module.interface.exported_function(name).is_some();
        let has_debug_info = dwarf::is_present(&module.wasm);
        let compiler = compiler(module, &producers);
        let scheduler = match exports("asyncify_start_unwind") {
            true => Scheduler::Asyncify,
            false => Scheduler::None,
        };
        Self {
            compiler,
            build: build(&module.interface),
            scheduler: (compiler == Compiler::TinyGo).then_some(scheduler),
            has_debug_info,
            has_names: names::function_names(&module.wasm).next().is_some(),
            producers,
        }
    }

    /// The compiler with its version, as it names itself.
    pub fn compiler_version(&self) -> Option<&str> {
        let beginning = match self.compiler {
            Compiler::TinyGo => "TinyGo",
            Compiler::Go => "Go cmd/compile",
            Compiler::Other => return None,
        };
        let mut values = self.producers.iter().flat_map(|(_, values)| values);
        values
            .find(|value| value.starts_with(beginning))
            .map(String::as_str)
    }
}

fn build(interface: &Interface) -> Build {
    let exports = |name| interface.exported_function(name).is_some();
    let is_bridge = |name: &str| name == "gojs" || name == "go";
    if interface
        .imports
        .iter()
        .any(|import| is_bridge(&import.module))
    {
        Build::Browser
    } else if exports("_initialize") {
        Build::Reactor
    } else if exports("_start") {
        Build::Command
    } else {
        Build::Plain
    }
}

fn compiler(module: &Module, producers: &[(String, Vec<String>)]) -> Compiler {
    let values = || producers.iter().flat_map(|(_, values)| values);
    if values().any(|value| value.starts_with("Go cmd/compile")) {
        return Compiler::Go;
    }
    let is_tinygo =
        values().any(|value| value.starts_with("TinyGo")) || dwarf::has_tinygo_unit(&module.wasm);
    match is_tinygo {
        true => Compiler::TinyGo,
        false => Compiler::Other,
    }
}

fn producers(wasm: &[u8]) -> Vec<(String, Vec<String>)> {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let section = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Producers(producers) => Some(producers),
            _ => None,
        },
        _ => None,
    });
    let fields = section.flatten().map_while(Result::ok);
    let read = fields.map(|field| {
        let values = field.values.into_iter().map_while(Result::ok);
        let values = values.map(|value| match value.version {
            "" => value.name.to_owned(),
            version => format!("{} {version}", value.name),
        });
        (field.name.to_owned(), values.collect())
    });
    read.collect()
}
