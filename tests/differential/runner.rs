//! Builds the runner in tests/wasmi_wasi, and installs it as another `tinyrun`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tinyrun_test_support::shell;

/// The directory in which `tinyrun` is the wasmi_wasi runner; `None` if the runner cannot be built, for example without
/// a network, and an error if TINYRUN_REQUIRE names it.
pub fn bin_dir() -> Result<Option<&'static Path>, String> {
    static BIN_DIR: OnceLock<Option<PathBuf>> = OnceLock::new();
    let bin_dir = BIN_DIR.get_or_init(build).as_deref();
    let required = std::env::var("TINYRUN_REQUIRE").unwrap_or_default();
    match bin_dir {
        None if required.split(',').any(|name| name == "wasmi_wasi") => {
            Err("tests/wasmi_wasi cannot be built".to_owned())
        }
        found => Ok(found),
    }
}

fn build() -> Option<PathBuf> {
    let bin_dir = shell::bin_dir().join("wasmi_wasi");
    std::fs::create_dir_all(&bin_dir).ok()?;
    // The packages that tinyrun also has are compiled.
    let target_dir = shell::bin_dir().parent()?.to_owned();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(shell::root().join("tests/wasmi_wasi/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target_dir)
        .status();
    let built = target_dir.join("debug/wasmi_wasi_runner");
    if !status.is_ok_and(|status| status.success()) {
        return None;
    }
    std::fs::copy(built, bin_dir.join("tinyrun")).ok()?;
    Some(bin_dir)
}
