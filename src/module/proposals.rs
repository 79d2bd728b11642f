//! Explains why a module was refused: it is invalid, or it uses a proposal that the engine does not implement. The
//! proposals are found by validating the module again, with all of them and without each, so they cost time only after
//! a failure.

use crate::error::Error;
use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

/// An extension of WebAssembly that tinyrun does not run: <https://github.com/WebAssembly/proposals>.
struct Proposal {
    /// The name as it follows "uses".
    name: &'static str,
    feature: WasmFeatures,
    /// The proposals that this one builds on, which are not reported as well.
    includes: WasmFeatures,
    runtime: Runtime,
}

/// A runtime that runs modules with a proposal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Wasmtime,
    /// wasmtime with an option of `-W`.
    WasmtimeWith(&'static str),
    NodeJs,
    None,
}

/// Defines `PROPOSALS`: `"name" FEATURE includes FEATURE -> runtime;`.
macro_rules! proposals {
    ($($name:literal $feature:ident $(includes $included:ident)? -> $runtime:expr;)+) => {
        const PROPOSALS: &[Proposal] = &[$(Proposal {
            name: $name,
            feature: WasmFeatures::$feature,
            includes: WasmFeatures::empty()$(.union(WasmFeatures::$included))?,
            runtime: $runtime,
        }),+];
    };
}

proposals! {
    "exception handling" EXCEPTIONS -> Runtime::Wasmtime;
    "legacy exception handling" LEGACY_EXCEPTIONS includes EXCEPTIONS -> Runtime::NodeJs;
    "threads" THREADS -> Runtime::WasmtimeWith("shared-memory");
    "garbage collection" GC includes FUNCTION_REFERENCES -> Runtime::Wasmtime;
    "typed function references" FUNCTION_REFERENCES -> Runtime::Wasmtime;
    "64-bit memories or tables" MEMORY64 -> Runtime::Wasmtime;
    "wide arithmetic" WIDE_ARITHMETIC -> Runtime::Wasmtime;
    "custom page sizes" CUSTOM_PAGE_SIZES -> Runtime::WasmtimeWith("custom-page-sizes");
    "stack switching" STACK_SWITCHING includes FUNCTION_REFERENCES -> Runtime::WasmtimeWith("stack-switching");
    "memory control" MEMORY_CONTROL -> Runtime::None;
    "shared-everything threads" SHARED_EVERYTHING_THREADS includes THREADS -> Runtime::None;
}

/// What the engine runs.
const SUPPORTED: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD);

/// The import by which a program of wasi-threads starts a thread: <https://github.com/WebAssembly/wasi-threads>.
const THREAD_SPAWN: &[u8] = b"\x04wasi\x0cthread-spawn";

/// The error for a module that was refused because of `cause`.
pub fn explain_refusal(name: &str, wasm: &[u8], cause: impl Into<anyhow::Error>) -> Error {
    let invalid = || Error::module(format!("{name} is not a valid module"));
    let all = PROPOSALS
        .iter()
        .fold(SUPPORTED, |all, proposal| all | proposal.feature);
    if let Err(error) = validate(wasm, all) {
        // The engine's error may be about a proposal, although the module would be invalid with it as well.
        return invalid().caused_by(error);
    }
    match used(wasm, all).as_slice() {
        [] => invalid().caused_by(cause),
        used => unsupported(name, wasm, used),
    }
}

fn validate(wasm: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    validator.validate_all(wasm).map(drop)
}

/// The proposals without which the module is invalid.
fn used(wasm: &[u8], all: WasmFeatures) -> Vec<&'static Proposal> {
    let mut used: Vec<_> = PROPOSALS
        .iter()
        .filter(|proposal| validate(wasm, all - proposal.feature).is_err())
        .collect();
    let included = used
        .iter()
        .fold(WasmFeatures::empty(), |all, used| all | used.includes);
    used.retain(|proposal| !included.contains(proposal.feature));
    used
}

fn unsupported(name: &str, wasm: &[u8], used: &[&Proposal]) -> Error {
    let names: Vec<_> = used.iter().map(|proposal| proposal.name).collect();
    let names = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    let message = format!("{name} uses {names}, which tinyrun does not run");
    if wasm
        .windows(THREAD_SPAWN.len())
        .any(|bytes| bytes == THREAD_SPAWN)
    {
        return Error::module(message).hint(
            "build it without threads: for wasm32-wasip1 instead of wasm32-wasip1-threads (C, Rust)",
        );
    }
    Error::module(match runtime(used) {
        Some(runtime) => format!("{message}; {runtime}"),
        None => message,
    })
}

/// The runtime that runs all of the proposals, as the end of a message.
fn runtime(used: &[&Proposal]) -> Option<String> {
    let mut options = Vec::new();
    for proposal in used {
        match proposal.runtime {
            Runtime::Wasmtime => {}
            Runtime::WasmtimeWith(option) => options.push(option),
            Runtime::NodeJs if used.len() == 1 => return Some("Node.js does".to_owned()),
            Runtime::NodeJs | Runtime::None => return None,
        }
    }
    Some(match options.as_slice() {
        [] => "wasmtime does".to_owned(),
        options => format!("wasmtime does with -W {}", options.join(",")),
    })
}

#[cfg(test)]
mod tests {
    use super::explain_refusal;

    fn explained(wasm: &[u8]) -> Vec<String> {
        let error = explain_refusal("m", wasm, anyhow::Error::msg("refused"));
        error.lines().chain(error.hint.clone()).collect()
    }

    #[test]
    fn proposals_are_recognised() {
        for (text, uses) in [
            (
                "(tag)",
                "exception handling, which tinyrun does not run; wasmtime does",
            ),
            (
                "(memory 1 1 shared)",
                "threads, which tinyrun does not run; wasmtime does with -W shared-memory",
            ),
            (
                "(type (struct))",
                "garbage collection, which tinyrun does not run; wasmtime does",
            ),
            (
                "(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))",
                "typed function references, which tinyrun does not run; wasmtime does",
            ),
            (
                "(memory i64 1)",
                "64-bit memories or tables, which tinyrun does not run; wasmtime does",
            ),
            (
                "(func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0)))",
                "wide arithmetic, which tinyrun does not run; wasmtime does",
            ),
            (
                "(memory 1 (pagesize 1))",
                "custom page sizes, which tinyrun does not run; wasmtime does with -W custom-page-sizes",
            ),
            (
                "(type $f (func)) (type (cont $f))",
                "stack switching, which tinyrun does not run; wasmtime does with -W stack-switching",
            ),
            (
                "(memory 1) (func (memory.discard (i32.const 0) (i32.const 0)))",
                "memory control, which tinyrun does not run",
            ),
            (
                "(tag) (memory i64 1) (memory 1 (pagesize 1))",
                "exception handling, 64-bit memories or tables and custom page sizes, which tinyrun does not run; wasmtime does with -W custom-page-sizes",
            ),
        ] {
            let wasm = wat::parse_str(format!("(module {text})"));
            let Ok(wasm) = wasm else {
                unreachable!("{text}: {wasm:?}");
            };
            assert_eq!(explained(&wasm), [format!("m uses {uses}")], "{text}");
        }
    }

    #[test]
    fn legacy_exceptions_are_distinguished() {
        // The text format lacks their instructions. One function: try; throw 0; catch 0; end.
        let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0d\x03\x01\0\0\
            \x0a\x0b\x01\x09\0\x06\x40\x08\0\x07\0\x0b\x0b";
        assert_eq!(
            explained(wasm),
            ["m uses legacy exception handling, which tinyrun does not run; Node.js does"]
        );
    }

    #[test]
    fn an_invalid_module_needs_no_proposal() {
        let header = b"\0asm\x01\0\0\0".as_slice();
        // A tag with a type that does not exist.
        let tag = [header, b"\x0d\x03\x01\0\0"].concat();
        let lines = explained(&tag);
        assert_eq!(
            lines.first().map(String::as_str),
            Some("m is not a valid module")
        );
        assert!(
            lines.iter().all(|line| !line.contains("exceptions")),
            "{lines:?}"
        );
        // The engine may have limits of its own.
        assert_eq!(explained(header), ["m is not a valid module", "refused"]);
    }
}
