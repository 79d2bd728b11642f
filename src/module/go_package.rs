//! Go packages by the names of functions and variables.

/// Where the code of a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackageOrigin {
    /// The program or a module that it requires.
    Program,
    StandardLibrary,
    Runtime,
}

/// The packages of TinyGo's and official Go's runtime, with the packages in them.
const RUNTIME: [&str; 3] = ["runtime", "internal/runtime", "internal/task"];

/// The first elements of import paths in the standard library, and of the packages that TinyGo adds:
/// <https://pkg.go.dev/std>, <https://tinygo.org/docs/reference/machine/>.
const STANDARD_LIBRARY: [&str; 53] = [
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "device",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "machine",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
    "tinygo",
];

/// A dot in the last element of an import path, in names that Go's linker writes:
/// <https://github.com/golang/go/blob/go1.26.0/src/cmd/internal/objabi/path.go>.
const ESCAPED_DOT: &str = "%2e";

/// Returns true if a function is in a package of the program, or of a module that it requires.
pub fn is_of_program(function: &str) -> bool {
    package(function).is_some_and(|package| origin(package) == PackageOrigin::Program)
}

/// A name without escapes.
pub(super) fn unescaped(name: &str) -> String {
    name.replace(ESCAPED_DOT, ".")
}

/// The import path of the package in a Go name: `fmt` in `fmt.(*pp).doPrintf`, `a.b/c` in `a.b/c.Sort[d/e.T]`. A dot in
/// its last element is known only if it is escaped, or in `gopkg.in/yaml.v3`.
pub(super) fn package(name: &str) -> Option<&str> {
    // Receivers and type arguments may have packages of their own.
    let end = name.find(['(', '[', '{']).unwrap_or(name.len());
    let function = &name[..end];
    // The package ends at the first dot after the last slash. Earlier dots belong to the path.
    let length = match function.rfind('/') {
        Some(slash) => {
            let dot = slash + function[slash..].find('.')?;
            dot + version_length(function, dot)
        }
        None => domain_length(function) + function[domain_length(function)..].find('.')?,
    };
    let package = &function[..length];
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~' | '%');
    // Before Go 1.20, functions that the compiler generates for a type are in `type`.
    let is_package = !package.is_empty() && !package.ends_with('/') && package != "type";
    (is_package && package.chars().all(is_path)).then_some(package)
}

/// The length of `.v3` at the end of an import path of <https://gopkg.in>, at a dot.
fn version_length(function: &str, dot: usize) -> usize {
    let version = function[dot..].strip_prefix(".v").unwrap_or_default();
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    let is_version = digits > 0 && version[digits..].starts_with('.');
    if is_version && function.starts_with("gopkg.in/") {
        ".v".len() + digits
    } else {
        0
    }
}

/// The length of the domain at the start of an import path with `_` in place of each `/`: `github.com` in
/// `github.com_a_b.Do`. Official Go's linker writes such names. Before Go 1.20, they are the only ones that can be read:
/// <https://github.com/golang/go/blob/go1.19/src/cmd/link/internal/wasm/asm.go>.
fn domain_length(function: &str) -> usize {
    let Some(slash) = function.find('_') else {
        return 0;
    };
    let is_domain =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase());
    let Some((first, domain)) = function[..slash].split_once('.') else {
        return 0;
    };
    // The standard library has packages in `go`, and no functions.
    let is_package = first == "main" || first != "go" && origin(first) != PackageOrigin::Program;
    if !is_package && domain.split('.').all(is_domain) {
        slash
    } else {
        0
    }
}

/// Where the package with an import path comes from. A path may have `_` in place of each `/`.
pub(super) fn origin(path: &str) -> PackageOrigin {
    // Paths in the standard library have no `_`.
    let path = path.replace('_', "/");
    let is_in = |package: &&str| {
        let rest = path.strip_prefix(*package);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if RUNTIME.iter().any(is_in) {
        PackageOrigin::Runtime
    } else if STANDARD_LIBRARY.iter().any(is_in) {
        PackageOrigin::StandardLibrary
    } else {
        PackageOrigin::Program
    }
}

#[cfg(test)]
mod tests {
    use super::{PackageOrigin, origin, package};

    #[test]
    fn package_is_read_from_the_function_name() {
        for (function, expected) in [
            ("main.main", "main"),
            ("main.main.func1", "main"),
            ("main.do_it.func1", "main"),
            ("fmt.(*pp).doPrintf", "fmt"),
            ("fmt.pp.doPrintf", "fmt"),
            ("internal/fmtsort.Sort", "internal/fmtsort"),
            ("internal/task.(*Queue).Push", "internal/task"),
            ("github.com/a/b.c.Do", "github.com/a/b"),
            ("slices.Sort[github.com/a/b.C]", "slices"),
            (
                "github.com/nats-io/nats%2ego.Connect",
                "github.com/nats-io/nats%2ego",
            ),
            ("gopkg.in/yaml%2ev3.(*T).M", "gopkg.in/yaml%2ev3"),
            ("gopkg.in/yaml.v3.(*T).M", "gopkg.in/yaml.v3"),
            ("gopkg.in/yaml.v3x.M", "gopkg.in/yaml"),
            ("a.b/c.v2.Method", "a.b/c"),
            ("a.b/c.F[go.shape.struct { d/e.T }].func1", "a.b/c"),
            ("main.add-wasmexport", "main"),
            ("runtime.run.func1", "runtime"),
            ("internal_poll.(*FD).Read.func1", "internal_poll"),
            ("github.com_a_b.Do", "github.com_a_b"),
            ("github.com_a_b.Do.func1", "github.com_a_b"),
            ("go.uber.org_zap.(*Logger).Sync", "go.uber.org_zap"),
            ("gopkg.in_yaml_2ev3.Marshal", "gopkg.in_yaml_2ev3"),
            ("strings.to_upper.func1", "strings"),
            ("myapp_store.Open", "myapp_store"),
            ("interface{Read}.Read", ""),
            ("type:.eq.main.T", ""),
            ("type..eq.main.T", ""),
            ("malloc", ""),
            ("__wasm_call_ctors", ""),
            ("function 7", ""),
            ("", ""),
            (".", ""),
            ("/", ""),
            ("a/.b", ""),
        ] {
            assert_eq!(
                package(function).unwrap_or_default(),
                expected,
                "{function}"
            );
        }
    }

    #[test]
    fn origins_of_packages_are_distinguished() {
        for (path, expected) in [
            ("main", PackageOrigin::Program),
            ("github.com/a/b", PackageOrigin::Program),
            ("runtimes", PackageOrigin::Program),
            ("myapp/internal/fmt", PackageOrigin::Program),
            ("fmt", PackageOrigin::StandardLibrary),
            ("internal/itoa", PackageOrigin::StandardLibrary),
            ("encoding_json", PackageOrigin::StandardLibrary),
            ("runtime", PackageOrigin::Runtime),
            ("runtime/debug", PackageOrigin::Runtime),
            ("internal/task", PackageOrigin::Runtime),
            ("internal_runtime_maps", PackageOrigin::Runtime),
        ] {
            assert_eq!(origin(path), expected, "{path}");
        }
    }
}
