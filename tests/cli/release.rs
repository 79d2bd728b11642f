//! Packs a release whose binaries are shell scripts, serves it, and installs it with the GitHub action
//! `.github/actions/setup`, in the sessions `testdata/release/*.session`.

use crate::release_server;
use anyhow::{Result, ensure};
use libtest_mimic::{Completion, Trial};
use std::fs;
use std::io;
use std::path::Path;
use tinyrun_test_support::{session, shell};

const TARGETS: [&str; 6] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `setup FAULT VERSION OS ARCH` runs the action as a runner would, and prints what it adds to PATH. The text of curl's
/// errors depends on its version.
const PRELUDE: &str = r#"
BINARIES=$FOLDER/binaries ARCHIVES=$FOLDER/archives PROJECT=$FOLDER/project
export no_proxy=127.0.0.1 SOURCE_DATE_EPOCH=1767225600 RUNNER_TEMP="$TMPDIR"
export GITHUB_PATH="$TMPDIR/github_path" GITHUB_OUTPUT="$TMPDIR/github_output"
setup() {
  : >"$GITHUB_PATH"
  TINYRUN_RELEASES="$SERVER/$1" TINYRUN_VERSION=$2 RUNNER_OS=$3 RUNNER_ARCH=$4 \
    .github/actions/setup/setup 2>"$TMPDIR/errors"
  status=$?
  sed "/^curl: /d; s|$SERVER|http://server|g" "$TMPDIR/errors" >&2
  sed "s|.*/|PATH: .../|" "$GITHUB_PATH"
  return $status
}
"#;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &'static str| {
        crate::ignorable_trial(format!("release/{name}"), move || match missing_tool() {
            Some(tool) => Ok(Completion::ignored_with(format!("{tool} is missing"))),
            None => check(name).map(|()| Completion::Completed),
        })
    };
    ["pack", "setup", "names"].map(trial).into()
}

/// A tool that the sessions need and that this machine does not have.
fn missing_tool() -> Option<&'static str> {
    let tools = [
        ("curl", "curl --version"),
        ("GNU tar", "tar --version | grep GNU"),
    ];
    let is_missing = |command: &str| shell::run(command, shell::root()).status != 0;
    tools
        .into_iter()
        .find_map(|(tool, command)| is_missing(command).then_some(tool))
}

fn check(name: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = release_server::serve(folder.path().join("archives"))?;
    write_scripts(&folder.path().join("binaries"))?;
    let variables = format!(
        "FOLDER='{}' SERVER='{server}' VERSION='{VERSION}'",
        folder.path().display()
    );
    let prelude = format!("{variables}\n{PRELUDE}");
    let pack = format!("{prelude}.github/release/pack \"$BINARIES\" \"$ARCHIVES\"");
    let packed = shell::run(&pack, shell::root());
    ensure!(packed.status == 0, "cannot pack: {}", packed.stderr);
    let path = shell::root().join(format!("testdata/release/{name}.session"));
    session::check_after(&prelude, &path, shell::root())
}

/// Writes a script for each target that prints its first argument and the target.
fn write_scripts(binaries: &Path) -> io::Result<()> {
    for target in TARGETS {
        fs::create_dir_all(binaries.join(target))?;
        let script = format!("#!/bin/sh\necho \"$1 of tinyrun for {target}\"\n");
        fs::write(binaries.join(target).join("tinyrun"), script)?;
    }
    Ok(())
}
