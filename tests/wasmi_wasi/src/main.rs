//! A minimal runner of WASI programs with wasmi_wasi: the baseline of the benchmarks, and the other side of the
//! differential test. It has tinyrun's `--dir`, `--env` and `--argv0`, and tinyrun's exit statuses: the program's own,
//! 134 after a trap, 126 for a module that cannot be run, 2 for an invalid command line.

use anyhow::{Context, Result};
use std::env::Args;
use std::process::ExitCode;
use wasmi::{Config, Engine, Linker, Module, Store};
use wasmi_wasi::{Dir, WasiCtx, WasiCtxBuilder, ambient_authority};

fn main() -> ExitCode {
    let parsed = parse(std::env::args());
    let (error, status) = match parsed.map(|(module, wasi)| run(&module, wasi)) {
        Err(error) => (error, 2),
        Ok(Err(error)) => (error, 126),
        Ok(Ok(Ok(()))) => return ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => match error.i32_exit_status() {
            Some(status) => return ExitCode::from(status as u8),
            None => (error.into(), 134),
        },
    };
    eprintln!("error: {error:#}");
    ExitCode::from(status)
}

/// The path of the module, and the WASI context of the program.
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
                let dir = Dir::open_ambient_dir(host, ambient_authority());
                builder.preopened_dir(dir.with_context(|| host.to_owned())?, guest)?;
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

/// Runs a program. The inner result is an error if the program trapped or exited.
fn run(path: &str, wasi: WasiCtx) -> Result<Result<(), wasmi::Error>> {
    let mut config = Config::default();
    // Programs of official Go need deeper calls than the engine's default.
    config.set_max_recursion_depth(1_000_000);
    config.set_max_stack_height(256 << 20);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wat::parse_file(path)?)?;
    let mut store = Store::new(&engine, wasi);
    let mut linker = Linker::new(&engine);
    wasmi_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    let instance = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) if error.as_trap_code().is_some() => return Ok(Err(error)),
        Err(error) => return Err(error.into()),
    };
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    Ok(start.call(&mut store, ()))
}
