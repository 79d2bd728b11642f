//! Tests Go signatures from debug information, in a session, and with modules whose debug information is damaged or
//! from another compiler.

use crate::trial;
use anyhow::{Result, bail};
use libtest_mimic::Trial;
use std::fs;
use tinyrun_test_support::debug_info::{self, Function};
use tinyrun_test_support::{session, shell};

const FUNCTIONS: [Function; 7] = [
    Function {
        wasm_name: "add",
        go_name: "main.add",
        params: &[("x", "uint32"), ("y", "uint32")],
    },
    Function {
        wasm_name: "small",
        go_name: "main.small",
        params: &[("a", "int8"), ("b", "bool")],
    },
    Function {
        wasm_name: "heat",
        go_name: "main.heat",
        params: &[("c", "main.celsius")],
    },
    Function {
        wasm_name: "length",
        go_name: "main.length",
        params: &[("s", "string")],
    },
    Function {
        wasm_name: "count",
        go_name: "main.count",
        params: &[("b", "[]byte"), ("p", "*uint8")],
    },
    Function {
        wasm_name: "mean",
        go_name: "main.mean",
        params: &[("xs", "[]main.celsius")],
    },
    Function {
        wasm_name: "main.twice#wasmexport",
        go_name: "main.twice",
        params: &[("s", "string")],
    },
];

/// One field, `processed-by`, with one value and its version.
const PRODUCERS: &[u8] = b"\x01\x0cprocessed-by\x01\x06TinyGo\x060.99.0";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("signatures/session", replay),
        trial("signatures/others", others),
    ]
}

fn assemble() -> Result<Vec<u8>> {
    Ok(wat::parse_file(
        shell::root().join("testdata/signatures/go.wat"),
    )?)
}

fn replay() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut module = debug_info::add(&assemble()?, "TinyGo", &FUNCTIONS);
    fs::write(folder.path().join("unnamed.wasm"), &module)?;
    debug_info::section(&mut module, "producers", PRODUCERS);
    fs::write(folder.path().join("go.wasm"), module)?;
    session::check(
        &shell::root().join("testdata/signatures/signatures.session"),
        folder.path(),
    )
}

/// Debug information that is truncated or from another compiler is ignored.
fn others() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let plain = assemble()?;
    let whole = debug_info::sections("TinyGo", &FUNCTIONS);
    let mut modules = vec![plain.clone(), debug_info::add(&plain, "clang", &FUNCTIONS)];
    for cut in [0, 1, 10, 50] {
        let mut module = plain.clone();
        for (name, content) in &whole {
            debug_info::section(&mut module, name, &content[..content.len().min(cut)]);
        }
        modules.push(module);
    }
    for (at, module) in modules.iter().enumerate() {
        fs::write(folder.path().join("x.wasm"), module)?;
        let done = shell::run("tinyrun --invoke add x.wasm 1", folder.path());
        let message =
            "error: the call does not match add (i32, i32) -> i32\n  it takes 2 arguments, got 1\n";
        if done.status != 2 || done.stderr != message {
            bail!("module {at}: {done:?}");
        }
    }
    Ok(())
}
