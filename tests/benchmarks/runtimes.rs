//! The runtimes that are compared, and how each is told to run a program with a directory mounted.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a directory is mounted, under the name that the guest's root has.
type Mount = fn(&Path) -> Vec<String>;

/// A runtime.
pub struct Runtime {
    pub name: &'static str,
    binary: PathBuf,
    /// What comes before the program.
    options: Vec<String>,
    mount: Mount,
}

impl Runtime {
    /// The command with these words behind its options.
    pub fn command_of(&self, words: &[String]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(&self.options).args(words).stdin(Stdio::null());
        command
    }

    /// The command that runs a program.
    pub fn command(&self, program: &Path, directory: Option<&Path>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(&self.options);
        if let Some(directory) = directory {
            command.args((self.mount)(directory));
        }
        command.arg(program).stdin(Stdio::null());
        command
    }
}

/// tinyrun, as this benchmark was built with it, installed in `place` as the others were somewhere: the system
/// starts a file that was copied sooner than one that the linker wrote.
pub fn ours(place: &Path) -> Runtime {
    let binary = place.join("tinyrun");
    if !binary.exists() {
        let built = env!("CARGO_BIN_EXE_tinyrun");
        std::fs::copy(built, &binary).expect("there is room for tinyrun");
    }
    Runtime {
        name: "tinyrun",
        binary,
        options: Vec::new(),
        mount: |host| vec!["--dir".to_owned(), format!("{}::/", host.display())],
    }
}

/// tinyrun with an option.
pub fn ours_with(place: &Path, name: &'static str, option: &[&str]) -> Runtime {
    Runtime {
        name,
        options: option.iter().map(|word| (*word).to_owned()).collect(),
        ..ours(place)
    }
}

/// The others that are on PATH.
pub fn peers(place: &Path) -> Vec<Runtime> {
    let cache = |name: &str| place.join(name).display().to_string();
    let wasmtime = ["run", "-C", "cache=y"].map(str::to_owned);
    let wazero = ["run".to_owned(), format!("-cachedir={}", cache("wazero"))];
    let interpreter = ["run", "-interpreter"].map(str::to_owned);
    let wazero_mount = |host: &Path| vec![format!("-mount={}:/", host.display())];
    let known: [(&str, &str, Vec<String>, Mount); 4] = [
        // It mounts a directory under its own name only: what it runs is started there.
        ("wasmi_cli", "wasmi", Vec::new(), |_| {
            vec!["--dir".to_owned(), ".".to_owned()]
        }),
        ("wasmtime", "wasmtime", wasmtime.to_vec(), |host| {
            vec!["--dir".to_owned(), format!("{}::/", host.display())]
        }),
        ("wazero", "wazero", wazero.to_vec(), wazero_mount),
        (
            "wazero -interpreter",
            "wazero",
            interpreter.to_vec(),
            wazero_mount,
        ),
    ];
    let found = known
        .into_iter()
        .filter_map(|(name, binary, options, mount)| {
            Some(Runtime {
                name,
                binary: on_path(binary)?,
                options,
                mount,
            })
        });
    found.collect()
}

/// Where PATH has a program of this name.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
