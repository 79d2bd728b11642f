//! The smallest runner of WASI programs that wasmi_wasi allows: the baseline of the benchmarks, and the other
//! side of the differential test. It has tinyrun's `--dir`, `--env` and `--argv0`, and tinyrun's exit statuses:
//! the program's own, 134 after a trap, 126 for a module that cannot be run, 2 for a wrong command line.

use anyhow::{Context, Result};
use std::env::Args;
use std::process::ExitCode;
use wasmi::{Config, Engine, Linker, Module, Store};
use wasmi_wasi::ambient_authority;
use wasmi_wasi::{Dir, WasiCtx, WasiCtxBuilder};

fn main() -> ExitCode {
    let (error, status) = match parse(std::env::args()) {
        Ok((module, wasi)) => match run(&module, wasi) {
            Ok(status) => return status,
            Err(error) => (error, 126),
        },
        Err(error) => (error, 2),
    };
    eprintln!("error: {error:#}");
    ExitCode::from(status)
}

/// The path of the module, and what the program can reach.
fn parse(mut words: Args) -> Result<(String, WasiCtx)> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio();
    let mut argv0 = None;
    words.next();
    let module = loop {
        let word = words.next().context("there is no module")?;
        let mut value = || words.next().with_context(|| format!("{word} has no value"));
        match word.as_str() {
            "--dir" => {
                let value = value()?;
                let (host, guest) = value.split_once("::").unwrap_or((&value, &value));
                let dir = Dir::open_ambient_dir(host, ambient_authority())
                    .with_context(|| format!("cannot open {host}"))?;
                builder.preopened_dir(dir, guest)?;
            }
            "--env" => {
                let value = value()?;
                let (name, value) = value.split_once('=').context("--env is not NAME=VALUE")?;
                builder.env(name, value)?;
            }
            "--argv0" => argv0 = Some(value()?),
            _ => break word,
        }
    };
    let name = module.rsplit('/').next().unwrap_or_default();
    builder.arg(argv0.as_deref().unwrap_or(name))?;
    for word in words {
        builder.arg(&word)?;
    }
    Ok((module, builder.build()))
}

fn run(path: &str, wasi: WasiCtx) -> Result<ExitCode> {
    let mut config = Config::default();
    // Programs of official Go need deeper calls than the engine's default.
    config.set_max_recursion_depth(1_000_000);
    config.set_max_stack_height(256 << 20);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wat::parse_file(path)?)?;
    let mut store = Store::new(&engine, wasi);
    let mut linker = Linker::new(&engine);
    wasmi_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    let Err(error) = start.call(&mut store, ()) else {
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(status) = error.i32_exit_status() {
        return Ok(ExitCode::from(status as u8));
    }
    eprintln!("error: {error}");
    Ok(ExitCode::from(134))
}
