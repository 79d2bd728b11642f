//! The runtimes that are compared, and the command line of each to run a program with a directory mounted.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The options that mount a directory as the guest's root.
type MountOptions = fn(&Path) -> Vec<String>;

/// A runtime, installed, with options for every run.
pub struct Runtime {
    pub name: &'static str,
    binary: PathBuf,
    options: Vec<String>,
    mount: MountOptions,
}

impl Runtime {
    /// The command that runs a program.
    pub fn command(&self, program: &Path, directory: Option<&Path>) -> Command {
        let mount = directory.map(self.mount).unwrap_or_default();
        let mut command = self.command_with(&mount);
        command.arg(program);
        command
    }

    /// The command with these arguments after the runtime's options.
    pub fn command_with(&self, args: &[String]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(&self.options).args(args).stdin(Stdio::null());
        command
    }
}

/// tinyrun with options, installed in `dir`. The system starts a copied file faster than one that the linker wrote, and
/// the other runtimes were also copied.
pub fn tinyrun(dir: &Path, name: &'static str, options: &[&str]) -> Result<Runtime> {
    let binary = dir.join("tinyrun");
    if !binary.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_tinyrun"), &binary)?;
    }
    Ok(Runtime {
        name,
        binary,
        options: options.iter().map(|word| (*word).to_owned()).collect(),
        mount: mount_wasmtime,
    })
}

/// The runtimes that tinyrun is compared with: the minimal wasmi_wasi runner, which is built here, the runtimes on
/// PATH, and tinyrun itself without a larger heap.
pub fn peers(dir: &Path) -> Result<Vec<Runtime>> {
    let baseline = Runtime {
        name: "wasmi_wasi",
        binary: build_baseline(dir)?,
        options: Vec::new(),
        mount: mount_wasmtime,
    };
    let cache = format!("-cachedir={}", dir.join("wazero").display());
    let on_path = [
        // wasmi_cli and wasm3 mount a directory under its own name: a run starts in the directory.
        installed("wasmi_cli", "wasmi", &[], |_| {
            ["--dir", "."].map(str::to_owned).to_vec()
        }),
        installed(
            "wasmtime",
            "wasmtime",
            &["run", "-C", "cache=y"],
            mount_wasmtime,
        ),
        installed("wazero", "wazero", &["run", &cache], mount_wazero),
        installed(
            "wazero -interpreter",
            "wazero",
            &["run", "-interpreter"],
            mount_wazero,
        ),
        installed("wasm3", "wasm3", &[], |_| Vec::new()),
        installed("iwasm", "iwasm", &[], |host| {
            vec![format!("--map-dir=/::{}", host.display())]
        }),
    ];
    let without_heap = tinyrun(dir, "tinyrun --heap 0", &["--heap", "0"])?;
    let peers = std::iter::once(baseline).chain(on_path.into_iter().flatten());
    Ok(peers.chain([without_heap]).collect())
}

fn mount_wasmtime(host: &Path) -> Vec<String> {
    vec!["--dir".to_owned(), format!("{}::/", host.display())]
}

fn mount_wazero(host: &Path) -> Vec<String> {
    vec![format!("-mount={}:/", host.display())]
}

fn installed(
    name: &'static str,
    binary: &str,
    options: &[&str],
    mount: MountOptions,
) -> Option<Runtime> {
    Some(Runtime {
        name,
        binary: on_path(binary)?,
        options: options.iter().map(|word| (*word).to_owned()).collect(),
        mount,
    })
}

/// Builds the wasmi_wasi runner, optimized like tinyrun, and installs it in `dir`.
fn build_baseline(dir: &Path) -> Result<PathBuf> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasmi_wasi");
    let benchmark = std::env::current_exe()?;
    let release = benchmark
        .ancestors()
        .nth(2)
        .context("Cargo puts benchmarks in deps")?;
    let target_dir = release.join("wasmi_wasi");
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
        ])
        .arg(crate_dir.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir)
        .status()?;
    ensure!(status.success(), "cannot build {}", crate_dir.display());
    let binary = dir.join("wasmi_wasi");
    std::fs::copy(target_dir.join("release/wasmi_wasi_runner"), &binary)?;
    Ok(binary)
}

/// The path of a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let paths = std::env::split_paths(&path).map(|dir| dir.join(name));
    paths.into_iter().find(|path| path.is_file())
}
