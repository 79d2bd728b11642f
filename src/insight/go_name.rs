//! Functions' names as Go has them. TinyGo's own differ for methods and for functions without a name,
//! and what is in the way of a call, as the start of a goroutine, has a name of its own.

use super::frame::Origin;

/// The name as Go has it.
pub(super) fn go_name(symbol: &str) -> String {
    let symbol = symbol.strip_suffix("#wasmexport").unwrap_or(symbol);
    let (name, suffixes) = match symbol.split_once('$') {
        Some((name, suffixes)) if !name.is_empty() => (name, suffixes),
        _ => (symbol, ""),
    };
    let shown = method(name).or_else(|| mangled_method(name));
    let mut shown = shown.unwrap_or_else(|| name.to_owned());
    for suffix in suffixes.split('$') {
        if !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_digit()) {
            shown.push_str(".func");
            shown.push_str(suffix);
        }
    }
    shown
}

/// `(*path/pkg.T).Method` as `path/pkg.(*T).Method`.
fn method(name: &str) -> Option<String> {
    let (receiver, method) = name.strip_prefix('(')?.rsplit_once(").")?;
    let (star, ty) = match receiver.strip_prefix('*') {
        Some(ty) => ("*", ty),
        None => ("", receiver),
    };
    // The package ends at the first dot behind its path; a type's parameters have dots of their own.
    let path = ty.split('[').next().unwrap_or(ty);
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let dot = start + path[start..].find('.')?;
    let (package, ty) = (&ty[..dot], &ty[dot + 1..]);
    Some(match star {
        "" => format!("{package}.{ty}.{method}"),
        _ => format!("{package}.(*{ty}).{method}"),
    })
}

/// `pkg.__T_.Method`, as official Go's linker has it, as `pkg.(*T).Method`.
fn mangled_method(name: &str) -> Option<String> {
    let (package, rest) = name.split_once(".__")?;
    let (ty, method) = rest.split_once("_.")?;
    Some(format!("{package}.(*{ty}).{method}"))
}

/// Whose function it is, by the name that the compiler has for it.
pub(super) fn origin(symbol: &str) -> Origin {
    const PACKAGES: [&str; 4] = [
        "runtime.",
        "runtime/",
        "internal/task.",
        "internal/runtime/",
    ];
    // What has no package is C's, the assembler's or the linker's, and these the runtime's.
    const PREFIXES: [&str; 5] = ["tinygo_", "asyncify_", "__", "_rt0_", "wasm_"];
    const OTHERS: [&str; 12] = [
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
    // What TinyGo puts between a caller and a function: a goroutine's start, a method's lookup; and what
    // Binaryen does, code that functions share.
    const STARTS: [&str; 4] = [
        "interface:",
        "<goroutine wrapper>",
        "(Go interface method)",
        "byn$",
    ];
    const ENDS: [&str; 2] = ["$gowrapper", "$invoke"];
    if STARTS.iter().any(|start| symbol.starts_with(start))
        || ENDS.iter().any(|end| symbol.ends_with(end))
    {
        return Origin::Glue;
    }
    let name = go_name(symbol);
    let begins = |with: &str| name.starts_with(with);
    let is_runtime = PACKAGES.iter().any(|package| begins(package))
        || PREFIXES.iter().any(|prefix| begins(prefix))
        || OTHERS.contains(&name.as_str());
    match is_runtime {
        true => Origin::Runtime,
        false => Origin::Program,
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, go_name, origin};

    #[test]
    fn names_are_gos() {
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
    fn the_runtime_is_known() {
        for (name, is) in [
            ("runtime.nilPanic", Origin::Runtime),
            ("runtime.run$1", Origin::Runtime),
            ("(*internal/task.Task).Resume", Origin::Runtime),
            ("main.main$1$gowrapper", Origin::Glue),
            ("(main.byLen).Less$invoke", Origin::Glue),
            ("_start", Origin::Runtime),
            ("tinygo_launch", Origin::Runtime),
            ("main.main", Origin::Program),
            ("fmt.Println", Origin::Program),
            ("runtimes.Run", Origin::Program),
            ("add", Origin::Program),
        ] {
            assert_eq!(origin(name), is, "{name}");
        }
    }
}
