//! Converts function names in a module to Go names. The names that TinyGo and official Go write to a module differ from
//! Go names for methods, function literals, and wrappers that the compiler adds.

use super::frame::Origin;

/// The name suffix of the wrapper that TinyGo exports for a function with `//go:wasmexport`.
const EXPORT_WRAPPER_SUFFIX: &str = "#wasmexport";

/// The name of a function in a list of a module's functions: the Go name. A wrapper keeps its own name, since its Go
/// name is that of the function it calls.
pub fn listed_name(symbol: &str) -> String {
    if is_export_wrapper(symbol) || origin(symbol) == Origin::Wrapper {
        return symbol.to_owned();
    }
    go_name(symbol)
}

/// Returns true for a `//go:wasmexport` wrapper.
pub(super) fn is_export_wrapper(symbol: &str) -> bool {
    symbol.ends_with(EXPORT_WRAPPER_SUFFIX)
}

/// The Go name of a function, as a Go panic would print it.
pub(super) fn go_name(symbol: &str) -> String {
    let symbol = symbol.strip_suffix(EXPORT_WRAPPER_SUFFIX).unwrap_or(symbol);
    let (name, suffixes) = match symbol.split_once('$') {
        Some((name, suffixes)) if !name.is_empty() => (name, suffixes),
        _ => (symbol, ""),
    };
    let method = method(name).or_else(|| mangled_method(name));
    let mut go_name = method.unwrap_or_else(|| name.to_owned());
    for suffix in suffixes.split('$') {
        if !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit()) {
            go_name.push_str(".func");
            go_name.push_str(suffix);
        }
    }
    go_name
}

/// Converts `(*path/pkg.T).Method` to `path/pkg.(*T).Method`.
fn method(name: &str) -> Option<String> {
    let (receiver, method) = name.strip_prefix('(')?.rsplit_once(").")?;
    let (star, ty) = match receiver.strip_prefix('*') {
        Some(ty) => ("*", ty),
        None => ("", receiver),
    };
    // The package ends at the first dot after its path. Type parameters may also contain dots.
    let path = ty.split('[').next().unwrap_or(ty);
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let dot = start + path[start..].find('.')?;
    let (package, ty) = (&ty[..dot], &ty[dot + 1..]);
    Some(match star {
        "" => format!("{package}.{ty}.{method}"),
        _ => format!("{package}.(*{ty}).{method}"),
    })
}

/// Converts official Go's `pkg.__T_.Method` to `pkg.(*T).Method`.
fn mangled_method(name: &str) -> Option<String> {
    let (package, rest) = name.split_once(".__")?;
    let (ty, method) = rest.split_once("_.")?;
    Some(format!("{package}.(*{ty}).{method}"))
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
    // TinyGo's wrappers for goroutines and interface methods, and functions that Binaryen merged.
    const WRAPPER_PREFIXES: [&str; 4] = [
        "interface:",
        "<goroutine wrapper>",
        "(Go interface method)",
        "byn$",
    ];
    const WRAPPER_SUFFIXES: [&str; 2] = ["$gowrapper", "$invoke"];
    if WRAPPER_PREFIXES
        .iter()
        .any(|prefix| symbol.starts_with(prefix))
        || WRAPPER_SUFFIXES
            .iter()
            .any(|suffix| symbol.ends_with(suffix))
    {
        return Origin::Wrapper;
    }
    let name = go_name(symbol);
    let has_prefix = |prefix: &&str| name.starts_with(prefix);
    let is_runtime = RUNTIME_PACKAGES.iter().any(has_prefix)
        || RUNTIME_PREFIXES.iter().any(has_prefix)
        || RUNTIME_FUNCTIONS.contains(&name.as_str());
    if is_runtime {
        Origin::Runtime
    } else {
        Origin::Program
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, go_name, origin};

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
            ("main.main$1", "main.main.func1"),
            ("main.main$1$2", "main.main.func1.func2"),
            ("main.main$1$gowrapper", "main.main.func1"),
            ("main.add#wasmexport", "main.add"),
            ("main.__Pool_.worker", "main.(*Pool).worker"),
            (
                "internal_poll.__FD_.Read.func1",
                "internal_poll.(*FD).Read.func1",
            ),
            ("$f", "$f"),
            ("", ""),
            ("(", "("),
            ("(a).", "(a)."),
        ] {
            assert_eq!(go_name(symbol), name);
        }
    }

    #[test]
    fn origins_are_distinguished() {
        for (symbol, expected) in [
            ("runtime.nilPanic", Origin::Runtime),
            ("runtime.run$1", Origin::Runtime),
            ("(*internal/task.Task).Resume", Origin::Runtime),
            ("main.main$1$gowrapper", Origin::Wrapper),
            ("(main.byLen).Less$invoke", Origin::Wrapper),
            ("_start", Origin::Runtime),
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
