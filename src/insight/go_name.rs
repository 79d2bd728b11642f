//! Converts function names in a module to Go names. The names that TinyGo and official Go write to a module differ from
//! Go names for methods, function literals, and wrappers that the compiler adds. Different functions have different Go
//! names: a wrapper has a suffix if the module also has the wrapped function.

use super::frame::Origin;
use super::symbol::{Symbol, Wrapper};
use crate::module;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The Go names of a module's functions.
pub struct GoNames<'a> {
    names: HashMap<&'a str, Arc<str>>,
    taken: HashSet<Arc<str>>,
}

impl<'a> GoNames<'a> {
    /// Chooses the Go names of functions with these names in the module.
    pub fn new(symbols: impl Iterator<Item = &'a str>) -> Self {
        let mut symbols: Vec<_> = symbols.collect();
        symbols.sort_unstable();
        symbols.dedup();
        let parsed = symbols
            .into_iter()
            .map(|symbol| (symbol, Symbol::parse(symbol)));
        // A function takes precedence over its wrappers.
        let (wrappers, functions): (Vec<_>, Vec<_>) =
            parsed.partition(|(_, parsed)| parsed.wrapper.is_some());
        let mut names = Self {
            names: HashMap::new(),
            taken: HashSet::new(),
        };
        for (symbol, parsed) in functions.into_iter().chain(wrappers) {
            let name = names.free_name(&parsed);
            names.taken.insert(Arc::clone(&name));
            names.names.insert(symbol, name);
        }
        names
    }

    /// The Go name of a function, as a Go panic would print it.
    pub fn go_name(&self, symbol: &str) -> Arc<str> {
        match self.names.get(symbol) {
            Some(name) => Arc::clone(name),
            // Functions that are inlined everywhere are only in the debug information.
            None => module::cut_name(&Symbol::parse(symbol).name).into(),
        }
    }

    /// Returns true if the module has a function with this name.
    pub(super) fn contains(&self, symbol: &str) -> bool {
        self.names.contains_key(symbol)
    }

    fn free_name(&self, symbol: &Symbol) -> Arc<str> {
        let is_free = |name: &String| !self.taken.contains(name.as_str());
        let plain = module::cut_name(&symbol.name).to_owned();
        let marked = symbol.wrapper.map(|wrapper| plain.clone() + wrapper.mark());
        let last = marked.clone().unwrap_or_else(|| plain.clone());
        let numbered = (2_u32..).map(|number| format!("{last}#{number}"));
        let candidates = [plain].into_iter().chain(marked).chain(numbered);
        candidates
            .into_iter()
            .find(is_free)
            .unwrap_or_default()
            .into()
    }
}

/// Determines where a function comes from by its name in the module.
pub(super) fn origin(symbol: &str) -> Origin {
    const RUNTIME_PACKAGES: [&str; 4] = [
        "runtime.",
        "runtime/",
        "internal/task.",
        "internal/runtime/",
    ];
    // Functions without a package, from C, assembly or the linker.
    const RUNTIME_PREFIXES: [&str; 5] = ["tinygo_", "asyncify_", "__", "_rt0_", "wasm_"];
    const RUNTIME_FUNCTIONS: [&str; 12] = [
        "_start",
        "_initialize",
        "malloc",
        "calloc",
        "realloc",
        "free",
        "abort",
        "write",
        "read",
        "memset",
        "memcpy",
        "memmove",
    ];
    let Symbol { name, wrapper } = Symbol::parse(symbol);
    let has_prefix = |prefix: &&str| name.starts_with(prefix);
    let is_runtime = RUNTIME_PACKAGES.iter().any(has_prefix)
        || RUNTIME_PREFIXES.iter().any(has_prefix)
        || RUNTIME_FUNCTIONS.contains(&name.as_str());
    match wrapper {
        Some(wrapper) if wrapper != Wrapper::Export || !is_runtime => Origin::Wrapper,
        _ if is_runtime => Origin::Runtime,
        _ => Origin::Program,
    }
}

#[cfg(test)]
mod tests {
    use super::{GoNames, Origin, origin};

    #[test]
    fn different_functions_have_different_names() {
        let functions = [
            ("main.add", "main.add"),
            ("main.add#wasmexport", "main.add-wasmexport"),
            ("main.sub#wasmexport", "main.sub"),
            ("main.main$1$gowrapper", "main.main.func1"),
            ("(main.byLen).Less", "main.byLen.Less"),
            ("(main.byLen).Less$invoke", "main.byLen.Less-invoke"),
            ("(*main.T).Do$bound", "main.(*T).Do"),
            ("byn$mgfn-shared$main.add", "main.add-merged"),
            ("runtime.lookupPanic.llvm.123", "runtime.lookupPanic"),
            ("runtime.lookupPanic.llvm.456", "runtime.lookupPanic#2"),
            ("malloc", "malloc"),
            ("malloc.command_export", "malloc-command_export"),
            ("_start.command_export", "_start"),
            (
                "interface:{Get:func:{}{basic:int}}.Get$invoke",
                "interface{Get}.Get",
            ),
            (
                "interface:{Get:func:{}{basic:string}}.Get$invoke",
                "interface{Get}.Get-invoke",
            ),
            (
                "interface:{Get:func:{}{basic:uint}}.Get$invoke",
                "interface{Get}.Get-invoke#2",
            ),
        ];
        let names = GoNames::new(functions.iter().map(|(symbol, _)| *symbol));
        for (symbol, name) in functions {
            assert_eq!(&*names.go_name(symbol), name, "{symbol}");
        }
        assert_eq!(&*names.go_name("main.main$2"), "main.main.func2");
    }

    #[test]
    fn origins_are_distinguished() {
        for (symbol, expected) in [
            ("runtime.nilPanic", Origin::Runtime),
            ("runtime.run$1", Origin::Runtime),
            ("(*internal/task.Task).Resume", Origin::Runtime),
            ("main.main$1$gowrapper", Origin::Wrapper),
            ("(main.byLen).Less$invoke", Origin::Wrapper),
            ("<goroutine wrapper>", Origin::Wrapper),
            ("byn$mgfn-shared$main.add", Origin::Program),
            ("byn$mgfn-shared$runtime.add", Origin::Runtime),
            ("_start", Origin::Runtime),
            ("_start.command_export", Origin::Runtime),
            ("tinygo_launch", Origin::Runtime),
            ("main.main", Origin::Program),
            ("fmt.Println", Origin::Program),
            ("runtimes.Run", Origin::Program),
            ("add", Origin::Program),
        ] {
            assert_eq!(origin(symbol), expected, "{symbol}");
        }
    }
}
