//! Determines how a module was built: the compiler, the kind of build, the scheduler, and whether it has debug
//! information.

use super::interface::{Import, Interface};
use super::{Module, dwarf, names};
use wasmparser::{KnownCustom, Parser, Payload};

/// The name of official Go's compiler in the `producers` section.
const GO_COMPILER: &str = "Go cmd/compile";

/// Functions that only TinyGo's runtime has. Old versions of TinyGo do not write their name to the module.
const TINYGO_FUNCTIONS: [&str; 3] = ["runtime.alloc", "runtime.nilPanic", "runtime.lookupPanic"];

/// How a module was built.
#[derive(Debug)]
pub struct Toolchain {
    /// The compiler.
    pub compiler: Compiler,
    /// The fields of the `producers` section and their values.
    pub producers: Vec<(String, Vec<String>)>,
    /// The kind of build.
    pub build: Build,
    /// How goroutines are scheduled; `None` if TinyGo did not build the module.
    pub scheduler: Option<Scheduler>,
    /// True if the module has debug information.
    pub has_debug_info: bool,
    /// True if the module has function names.
    pub has_names: bool,
}

/// The compilers that are recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compiler {
    /// TinyGo.
    TinyGo,
    /// The official Go compiler.
    Go,
    /// Another compiler, or an unknown one.
    #[default]
    Other,
}

/// The kinds of builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// A program that runs in one call of `_start`.
    Command,
    /// A library whose runtime is started with `_initialize`.
    Reactor,
    /// A program for the browser.
    Browser,
    /// A program that runs in its start function.
    StartFunction,
    /// Another module without `_start` or `_initialize`.
    Plain,
}

/// How goroutines are scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// By unwinding the stack. Each function that may wait has additional code for this:
    /// <https://github.com/WebAssembly/binaryen/blob/main/src/passes/Asyncify.cpp>.
    Asyncify,
    /// There are no goroutines.
    None,
}

/// The export of the function with which Asyncify begins to unwind the stack:
/// <https://github.com/WebAssembly/binaryen/blob/version_116/src/passes/Asyncify.cpp>.
pub const START_UNWIND: &str = "asyncify_start_unwind";

impl Toolchain {
    /// Detects how a module was built.
    pub fn detect(module: &Module) -> Self {
        let producers = producers(&module.wasm);
        let exports = |name| module.interface.exported_function(name).is_some();
        let has_debug_info = dwarf::is_present(&module.wasm);
        let compiler = compiler(module, &producers);
        let scheduler = if exports(START_UNWIND) {
            Scheduler::Asyncify
        } else {
            Scheduler::None
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

    /// The compiler's name, with the version if the `producers` section has it. `None` if the compiler is unknown.
    pub fn compiler_name(&self) -> Option<String> {
        let mut values = self.producers.iter().flat_map(|(_, values)| values);
        match self.compiler {
            Compiler::TinyGo => {
                let version = values.find(|value| value.starts_with("TinyGo"));
                Some(version.map_or_else(|| "TinyGo".to_owned(), Clone::clone))
            }
            Compiler::Go => {
                let version = values.find(|value| value.starts_with(GO_COMPILER));
                Some(version.map_or_else(|| GO_COMPILER.to_owned(), Clone::clone))
            }
            Compiler::Other => self.other_compiler(),
        }
    }

    /// The name and version of a compiler of another language.
    fn other_compiler(&self) -> Option<String> {
        let is_compiler = |(field, _): &&(String, _)| field == "processed-by";
        let fields = self.producers.iter().filter(is_compiler);
        let values: Vec<_> = fields.flat_map(|(_, values)| values).collect();
        let named = |compiler: &&str| {
            let words = |value: &str| {
                value
                    .split(' ')
                    .any(|word| word.eq_ignore_ascii_case(compiler))
            };
            values.iter().find(|value| words(value))
        };
        // clang compiles the parts in C of programs in other languages.
        let value = ["rustc", "ghc", "swift", "swiftc", "zig", "clang"]
            .iter()
            .find_map(named)?;
        let short = value.split(" (").next().unwrap_or(value);
        Some(if value.contains("ziglang") {
            format!("Zig ({short})")
        } else {
            short.to_owned()
        })
    }
}

fn build(interface: &Interface) -> Build {
    let exports = |name| interface.exported_function(name).is_some();
    if interface.imports.iter().any(Import::is_browser_bridge) {
        Build::Browser
    } else if exports("_initialize") {
        Build::Reactor
    } else if exports("_start") {
        Build::Command
    } else if interface.has_only_start_function() {
        Build::StartFunction
    } else {
        Build::Plain
    }
}

fn compiler(module: &Module, producers: &[(String, Vec<String>)]) -> Compiler {
    let values = || producers.iter().flat_map(|(_, values)| values);
    if values().any(|value| value.starts_with(GO_COMPILER)) {
        return Compiler::Go;
    }
    let is_tinygo = values().any(|value| value.starts_with("TinyGo"))
        || dwarf::has_tinygo_unit(&module.wasm)
        || names::function_names(&module.wasm).any(|(_, name)| TINYGO_FUNCTIONS.contains(&name));
    if is_tinygo {
        Compiler::TinyGo
    } else {
        Compiler::Other
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
