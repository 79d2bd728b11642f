//! Links tinyrun statically where the machine can: loading libraries is a sixth of what a short run takes.
//! The flag that the compiler has for it, `crt-static`, would need `--target` on every command line, since
//! it makes the compiler's own plug-ins impossible. So the linker is shown another place first, in which
//! the names of the shared libraries stand for the static ones. Where anything is missing, or a small
//! program cannot be linked in this way, tinyrun is linked as any other program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What makes the linker build a program without shared libraries, at fixed addresses.
const STATIC: [&str; 2] = ["-static", "-no-pie"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let place = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    if is_native() && redirect(&linker, &place).is_some() && links(&linker, &place) {
        println!("cargo:rustc-link-arg-bins=-L{}", place.display());
        for flag in STATIC {
            println!("cargo:rustc-link-arg-bins={flag}");
        }
    }
}

/// Whether what is built is for this machine, with glibc, and not linked statically anyway.
fn is_native() -> bool {
    let of_target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    env::var("TARGET") == env::var("HOST")
        && (of_target("OS"), of_target("ENV")) == ("linux".to_owned(), "gnu".to_owned())
        && !of_target("FEATURE")
            .split(',')
            .any(|feature| feature == "crt-static")
}

/// Writes, under the names of the shared libraries, what leads to the static ones.
fn redirect(linker: &str, place: &Path) -> Option<()> {
    let [c, m, gcc, unwind] =
        ["libc.a", "libm.a", "libgcc.a", "libgcc_eh.a"].map(|name| find(linker, name));
    let (c, m, gcc, unwind) = (c?, m?, gcc?, unwind?);
    for (name, libraries) in [
        ("libc.so", [&c, &unwind, &gcc].as_slice()),
        ("libm.so", &[&m]),
        ("libgcc_s.so", &[&unwind, &gcc, &c]),
    ] {
        let libraries: Vec<_> = libraries.iter().map(|path| path.as_str()).collect();
        let script = format!("GROUP ( {} )\n", libraries.join(" "));
        fs::write(place.join(name), script).ok()?;
    }
    Some(())
}

/// Where the linker would take a library from.
fn find(linker: &str, name: &str) -> Option<String> {
    let found = Command::new(linker)
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    let path = path.trim_end();
    // What is not found is answered with its bare name.
    Path::new(path).is_absolute().then(|| path.to_owned())
}

/// Whether a small program can be linked in this way, and runs.
fn links(linker: &str, place: &Path) -> bool {
    let (source, program) = (place.join("trial.c"), place.join("trial"));
    let written = fs::write(&source, "int main(void) { return 0; }\n");
    let linked = || {
        let mut command = Command::new(linker);
        command
            .arg(&source)
            .arg("-o")
            .arg(&program)
            .arg("-nodefaultlibs");
        command
            .arg("-Wl,-Bdynamic")
            .args(["-lgcc_s", "-lm", "-lc", "-L"])
            .arg(place);
        command.args(STATIC).output()
    };
    let succeeds = |output: std::process::Output| output.status.success();
    written.is_ok()
        && linked().is_ok_and(succeeds)
        && Command::new(&program).output().is_ok_and(succeeds)
}
