//! Parses function names in a module: those that TinyGo, LLVM, Binaryen and official Go's linker write.

/// The parts of a function's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    /// The Go name. For a wrapper, that of the function that it calls.
    pub(super) name: String,
    pub(super) wrapper: Option<Wrapper>,
}

/// A function that a compiler adds and that calls another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// The function that is exported for a function with `//go:wasmexport`.
    WasmExport,
    /// The first function of a goroutine for a call of a function with `//go:wasmexport`.
    WasmExportGoroutine,
    /// The first function of a goroutine.
    Goroutine,
    /// A method with a pointer to its receiver as the parameter, for calls through an interface.
    Invoke,
    /// A method value: <https://go.dev/ref/spec#Method_values>.
    MethodValue,
    /// A method expression: <https://go.dev/ref/spec#Method_expressions>.
    MethodExpression,
    /// The check of a type assertion.
    TypeAssert,
    /// The function that LLVM's linker exports for a function of a command.
    Export,
}

/// The suffixes of wrappers. `#wasmexport` and `$gowrapper` are TinyGo's:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/goroutine.go>.
const WRAPPER_SUFFIXES: [(&str, Wrapper); 8] = [
    ("#wasmexport", Wrapper::WasmExport),
    ("$gowrapper-wasmexport", Wrapper::WasmExportGoroutine),
    ("$gowrapper", Wrapper::Goroutine),
    ("$invoke", Wrapper::Invoke),
    ("$bound", Wrapper::MethodValue),
    ("$thunk", Wrapper::MethodExpression),
    (".$typeassert", Wrapper::TypeAssert),
    (".command_export", Wrapper::Export),
];

/// The prefix of a function with the code that several functions have in common. They have become calls of it:
/// <https://github.com/WebAssembly/binaryen/blob/main/src/passes/MergeSimilarFunctions.cpp>.
const MERGED_PREFIX: &str = "byn$mgfn-shared$";

/// The suffix of its Go name.
const MERGED_SUFFIX: &str = "-merged";

/// The start of the name of an interface's method.
pub(super) const INTERFACE_PREFIX: &str = "interface:";

/// The suffix of both wrappers of a function with `//go:wasmexport`.
pub(super) const WASM_EXPORT_SUFFIX: &str = "wasmexport";

/// TinyGo's names in debug information for the first function of a goroutine, and for methods of interfaces.
pub(super) const GOROUTINE_WRAPPER: &str = "<goroutine wrapper>";
const INTERFACE_METHOD: &str = "(Go interface method)";

/// The maximum number of an interface's methods in a name.
const MAX_METHODS: usize = 3;

impl Wrapper {
    /// The suffix of a wrapper's Go name if the module also has the wrapped function. `-fm` is Go's own.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::WasmExport => "-wasmexport",
            Self::WasmExportGoroutine => "-gowrapper-wasmexport",
            Self::Goroutine => "-gowrapper",
            Self::Invoke => "-invoke",
            Self::MethodValue => "-fm",
            Self::MethodExpression => "-thunk",
            Self::TypeAssert => "-typeassert",
            Self::Export => "-command_export",
        }
    }
}

impl Symbol {
    pub(super) fn parse(symbol: &str) -> Self {
        let wrapper = match symbol {
            GOROUTINE_WRAPPER => Some(Wrapper::Goroutine),
            INTERFACE_METHOD => Some(Wrapper::Invoke),
            _ => None,
        };
        if wrapper.is_some() {
            return Self {
                name: symbol.to_owned(),
                wrapper,
            };
        }
        let (symbol, is_merged) = match symbol.strip_prefix(MERGED_PREFIX) {
            Some(symbol) => (symbol, true),
            None => (symbol, false),
        };
        let (function, wrapper) = wrapped(without_clone_suffix(symbol));
        let mut name = go_name(function);
        if is_merged {
            name.push_str(MERGED_SUFFIX);
        }
        Self { name, wrapper }
    }
}

/// The name of the function that a wrapper calls, or the function's own name. A wrapper may wrap another wrapper.
pub(super) fn wrapped(symbol: &str) -> (&str, Option<Wrapper>) {
    let mut found = (symbol, None);
    loop {
        let inner = WRAPPER_SUFFIXES.iter().find_map(|(suffix, wrapper)| {
            let function = found.0.strip_suffix(suffix)?;
            (!function.is_empty()).then_some((function, *wrapper))
        });
        match inner {
            Some((function, wrapper)) => found = (function, found.1.or(Some(wrapper))),
            None => return found,
        }
    }
}

/// Removes `.llvm.123`, which LLVM adds to functions that it makes visible to other units.
fn without_clone_suffix(symbol: &str) -> &str {
    match symbol.rsplit_once(".llvm.") {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => symbol,
    }
}

/// The Go name of a function that is not a wrapper.
fn go_name(symbol: &str) -> String {
    if let Some(name) = interface_method(symbol) {
        return name;
    }
    let (function, literals, type_arguments) = split_literals(symbol);
    let method = method(function).or_else(|| mangled_method(function));
    let mut name = method.unwrap_or_else(|| function.to_owned());
    name.push_str(type_arguments);
    for number in literals.split('$').skip(1) {
        name.push_str(".func");
        name.push_str(number);
    }
    name
}

/// Splits `pkg.f$1$2[T]` into `pkg.f`, `$1$2` and `[T]`.
fn split_literals(symbol: &str) -> (&str, &str, &str) {
    let is_digit = |c: char| c.is_ascii_digit();
    let whole = (symbol, "", "");
    let starts = symbol.match_indices('$').map(|(at, _)| at);
    for start in starts.filter(|start| *start > 0) {
        let (function, rest) = symbol.split_at(start);
        let end = rest.find(|c: char| !is_digit(c) && c != '$');
        let (literals, after) = rest.split_at(end.unwrap_or(rest.len()));
        let mut numbers = literals.split('$').skip(1);
        let are_numbers = numbers.all(|number| !number.is_empty());
        let is_whole = after.is_empty() || after.starts_with('[') && after.ends_with(']');
        if are_numbers && is_whole {
            return (function, literals, after);
        }
    }
    whole
}

/// Converts `interface:{A:func:{}{},B:func:{}{}}.A` to `interface{A,B}.A`.
fn interface_method(symbol: &str) -> Option<String> {
    let rest = symbol.strip_prefix(INTERFACE_PREFIX)?.strip_prefix('{')?;
    let mut depth = 1_usize;
    let mut methods = Vec::new();
    let mut start = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && byte == b',' {
            methods.push(method_name(rest.get(start..at)?));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    let more = if methods.len() > MAX_METHODS {
        ",..."
    } else {
        ""
    };
    methods.truncate(MAX_METHODS);
    let called = rest.get(start..)?;
    let methods = methods.join(",");
    Some(format!("interface{{{methods}{more}}}{called}"))
}

/// The name in `Name:func:{}{}`. That of an unexported method has a package path.
fn method_name(method: &str) -> &str {
    let name = method.split(':').next().unwrap_or(method);
    name.rsplit('/').next().unwrap_or(name)
}

/// Converts `(*path/pkg.T).Method` to `path/pkg.(*T).Method`.
fn method(name: &str) -> Option<String> {
    let (receiver, method) = name.strip_prefix('(')?.rsplit_once(").")?;
    let (star, ty) = match receiver.strip_prefix('*') {
        Some(ty) => ("*", ty),
        None => ("", receiver),
    };
    // The package ends at the first dot after its path. Type parameters may also contain dots.
    let path = ty.split(['[', '{']).next().unwrap_or(ty);
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let dot = start + path[start..].find('.')?;
    let (package, ty) = (&ty[..dot], &ty[dot + 1..]);
    Some(match star {
        "" => format!("{package}.{ty}.{method}"),
        _ => format!("{package}.(*{ty}).{method}"),
    })
}

/// Converts official Go's `pkg.__T_.Method` to `pkg.(*T).Method`:
/// <https://github.com/golang/go/blob/go1.26.0/src/cmd/link/internal/wasm/asm.go>.
fn mangled_method(name: &str) -> Option<String> {
    let (package, rest) = name.split_once(".__")?;
    let (ty, method) = rest.split_once("_.")?;
    Some(format!("{package}.(*{ty}).{method}"))
}

#[cfg(test)]
mod tests {
    use super::{Symbol, Wrapper};

    #[test]
    fn names_are_converted_to_go_names() {
        for (symbol, name) in [
            ("main.deref", "main.deref"),
            ("(*main.stack).Pop", "main.(*stack).Pop"),
            ("(main.byLen).Less$invoke", "main.byLen.Less"),
            ("(*internal/task.Queue).Pop", "internal/task.(*Queue).Pop"),
            ("(*a.b/c.d/pkg.T).M", "a.b/c.d/pkg.(*T).M"),
            (
                "(*main.set[example.com/x.Key]).Add",
                "main.(*set[example.com/x.Key]).Add",
            ),
            ("main.Max[int]", "main.Max[int]"),
            ("time.parse[[]byte]$1", "time.parse[[]byte].func1"),
            (
                "slices.All$1[slice:named:a/b.C]",
                "slices.All[slice:named:a/b.C].func1",
            ),
            ("main.main$1", "main.main.func1"),
            ("main.main$1$2", "main.main.func1.func2"),
            ("main.main$1$gowrapper", "main.main.func1"),
            ("main.add#wasmexport", "main.add"),
            ("main.__Pool_.worker", "main.(*Pool).worker"),
            (
                "internal_poll.__FD_.Read.func1",
                "internal_poll.(*FD).Read.func1",
            ),
            ("byn$mgfn-shared$(*a/b.T).M$1", "a/b.(*T).M.func1-merged"),
            ("byn$mgfn-shared$f.llvm.12", "f-merged"),
            (
                "(struct{a/b.W; n int}).Write$invoke",
                "(struct{a/b.W; n int}).Write",
            ),
            (
                "interface:{Len:func:{}{basic:int},a/b.less:func:{basic:int,basic:int}{basic:bool}}.Len$invoke",
                "interface{Len,b.less}.Len",
            ),
            (
                "interface:{A:func:{}{},B:func:{}{},C:func:{}{},D:func:{}{}}.D$invoke",
                "interface{A,B,C,...}.D",
            ),
            ("interface:{A:func:{}{}}.$typeassert", "interface{A}"),
            ("interface:{", "interface{}"),
            ("$f", "$f"),
            ("f$x", "f$x"),
            ("$1", "$1"),
            ("#wasmexport", "#wasmexport"),
            ("", ""),
            ("(", "("),
            ("(a).", "(a)."),
        ] {
            assert_eq!(Symbol::parse(symbol).name, name);
        }
    }

    #[test]
    fn wrappers_are_recognised() {
        for (symbol, wrapper) in [
            ("main.add", None),
            ("main.add#wasmexport", Some(Wrapper::WasmExport)),
            (
                "main.add$gowrapper-wasmexport",
                Some(Wrapper::WasmExportGoroutine),
            ),
            ("main.main$1$gowrapper", Some(Wrapper::Goroutine)),
            ("(main.byLen).Less$thunk$bound", Some(Wrapper::MethodValue)),
            (
                "byn$mgfn-shared$(*a.T).M$thunk",
                Some(Wrapper::MethodExpression),
            ),
        ] {
            assert_eq!(Symbol::parse(symbol).wrapper, wrapper, "{symbol}");
        }
    }
}
