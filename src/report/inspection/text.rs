//! Formats an inspection as text.

use super::{Inspection, kind_name};
use crate::host::{Availability, Provider};
use crate::module::{Build, Compiler, ExternType, Import, Scheduler};
use crate::report::message::printable;
use crate::size::Size;
use std::fmt::Write;

/// The maximum number of packages that are listed.
const MAX_PACKAGES: usize = 15;

/// The functions that TinyGo's runtime imports from WASI in every program.
const RUNTIME_IMPORTS: [&str; 3] = ["fd_write", "random_get", "proc_exit"];

impl Inspection<'_> {
    /// The inspection as text.
    pub fn as_text(&self) -> String {
        let mut text = String::new();
        self.write_summary(&mut text);
        self.write_imports(&mut text);
        self.write_exports(&mut text);
        self.write_sizes(&mut text);
        self.write_savings(&mut text);
        text
    }

    fn write_summary(&self, text: &mut String) {
        let toolchain = &self.toolchain;
        let compiler = toolchain.compiler_name();
        let compiler = compiler.as_deref().unwrap_or("an unknown compiler");
        let mut facts = vec![compiler, build_name(toolchain.build)];
        facts.extend(toolchain.scheduler.map(scheduler_name));
        facts.push(match (toolchain.has_debug_info, toolchain.has_names) {
            (true, _) => "with debug information",
            (false, true) => "names but no debug information",
            (false, false) => "neither names nor debug information",
        });
        line(text, &format!("{}: {}", self.module.name, facts.join(", ")));
        if toolchain.build == Build::Browser {
            line(
                text,
                "  it needs a JavaScript host unless it is rebuilt with -target=wasip1 (TinyGo) or GOOS=wasip1 GOARCH=wasm (Go)",
            );
        }
    }

    fn write_imports(&self, text: &mut String) {
        line(text, &format!("\nmemory: {}", self.memory_text()));
        line(text, "\nimports");
        if self.module.interface.imports.is_empty() {
            line(text, "  none");
        }
        for (import, available) in self.imports() {
            let provider = match available {
                Availability::Provided(provider) => self.provider_text(import, *provider),
                Availability::OtherType(provider, ty) => format!("missing; {provider} has {ty}"),
                Availability::Missing => continue,
            };
            let Import { module, name, ty } = import;
            let ty = self.extern_type(ty);
            line(text, &format!("  {module}.{name} {ty}: {provider}"));
        }
        self.write_missing_imports(text);
        if self.imports_wasi_for_runtime_only() {
            line(
                text,
                "  (every TinyGo program imports WASI: its runtime prints panics and seeds maps with it;",
            );
            line(
                text,
                "  -target=wasm-unknown builds a module without WASI, malloc and goroutines)",
            );
        }
    }

    /// Lists the imports that nothing provides, by module, and the options that can provide them.
    fn write_missing_imports(&self, text: &mut String) {
        let missing = self.missing_imports();
        for (module, imports) in &missing {
            line(text, &format!("  missing from {module}:"));
            for Import { name, ty, .. } in imports {
                line(text, &format!("    {name} {}", self.extern_type(ty)));
            }
        }
        let is_function = |import: &&&Import| matches!(import.ty, ExternType::Func(_));
        let imports = || missing.iter().flat_map(|(_, imports)| imports);
        let functions = imports().filter(is_function).count();
        let options = "--preload or --unknown-imports";
        if functions > 0 {
            line(
                text,
                &format!("  (--import, {options} can provide missing functions)"),
            );
        }
        if imports().count() > functions {
            line(
                text,
                &format!("  ({options} can provide a missing memory, table or global)"),
            );
        }
    }

    fn provider_text(&self, import: &Import, provider: Provider) -> String {
        let is_go =
            self.toolchain.compiler != Compiler::Other || self.module.interface.is_likely_tinygo();
        match (provider, purpose(import)) {
            (Provider::Wasi, Some((_, purpose))) if is_go => format!("WASI, for {purpose}"),
            (Provider::Wasi, Some((purpose, _))) => format!("WASI, for {purpose}"),
            (provider, _) => provider.to_string(),
        }
    }

    fn extern_type(&self, ty: &ExternType) -> String {
        match ty {
            ExternType::Func(ty) => self.func_type(ty),
            other => other.to_string(),
        }
    }

    fn memory_text(&self) -> String {
        let interface = &self.module.interface;
        let mut imports = interface.imports.iter();
        let imported = imports.find_map(|import| match import.ty {
            ExternType::Memory(limits) => Some((import.full_name(), limits)),
            _ => None,
        });
        if let (Some((name, limits)), 0) = (imported, interface.memories) {
            let size = limits.text(|bytes| Size(bytes).to_string());
            return format!("imported as {name}, {size}");
        }
        match (interface.initial_memory, interface.maximum_memory) {
            (0, None) => "none defined".to_owned(),
            (initial, None) => format!("initial {}, no maximum", Size(initial)),
            (initial, Some(maximum)) => {
                format!("initial {}, maximum {}", Size(initial), Size(maximum))
            }
        }
    }

    /// Returns true if a TinyGo module imports from WASI only the functions that the runtime always imports.
    fn imports_wasi_for_runtime_only(&self) -> bool {
        let mut wasi = self
            .imports()
            .filter(|(_, available)| **available == Availability::Provided(Provider::Wasi))
            .peekable();
        self.toolchain.compiler == Compiler::TinyGo
            && wasi.peek().is_some()
            && wasi.all(|(import, _)| RUNTIME_IMPORTS.contains(&import.name.as_str()))
    }

    fn write_exports(&self, text: &mut String) {
        line(text, "\nexports");
        for (_, _, declaration) in self.declarations() {
            line(text, &format!("  {declaration}"));
        }
        let others = self.module.interface.exports.iter();
        for export in others.filter(|export| !matches!(export.ty, ExternType::Func(_))) {
            let kind = kind_name(&export.ty);
            line(text, &format!("  {} ({kind})", export.name));
        }
        let uncallable = self.uncallable_exports();
        if !uncallable.is_empty() {
            let names = uncallable.join(", ");
            line(
                text,
                &format!(
                    "  and //go:wasmexport functions, which only a reactor (-buildmode=c-shared) offers: {names}"
                ),
            );
        }
        let runtime = self.runtime_exports();
        if !runtime.is_empty() {
            let names = runtime.join(", ");
            line(text, &format!("  runtime functions: {names}"));
        }
    }

    fn write_sizes(&self, text: &mut String) {
        let sizes = &self.sizes;
        line(text, &format!("\nsize: {} bytes", grouped(sizes.total)));
        write_rows(text, &sizes.sections);
        if !sizes.packages.is_empty() {
            line(text, "\ncode by package");
        }
        let (packages, rest) = sizes
            .packages
            .split_at(sizes.packages.len().min(MAX_PACKAGES));
        write_rows(text, packages);
        if !rest.is_empty() {
            let size = rest.iter().map(|(_, size)| size).sum();
            write_row(text, &format!("{} more", rest.len()), size);
        }
        if !sizes.functions.is_empty() {
            line(text, "\nlargest functions");
        }
        write_rows(text, &sizes.functions);
    }

    fn write_savings(&self, text: &mut String) {
        let debug = self.debug_bytes();
        if debug > 0 {
            let percent = debug * 100 / self.sizes.total.max(1);
            let debug = grouped(debug);
            line(
                text,
                &format!("\n-no-debug would save {debug} bytes ({percent} %)"),
            );
        }
        if let Some(scheduler) = self.scheduler_bytes() {
            let scheduler = grouped(scheduler);
            line(
                text,
                &format!(
                    "-scheduler=none would save {scheduler} bytes, and the code that asyncify adds to functions that can block"
                ),
            );
        }
    }
}

pub(super) fn build_name(build: Build) -> &'static str {
    match build {
        Build::Command => "command",
        Build::Reactor => "reactor",
        Build::Browser => "browser build",
        Build::StartFunction => "start function",
        Build::Plain => "neither command nor reactor",
    }
}

fn scheduler_name(scheduler: Scheduler) -> &'static str {
    match scheduler {
        Scheduler::Asyncify => "asyncify scheduler",
        Scheduler::None => "no scheduler",
    }
}

/// What a program uses a WASI function for, and a Go program in particular.
fn purpose(import: &Import) -> Option<(&str, &str)> {
    Some(match import.name.as_str() {
        "fd_write" => ("output", "output and panic messages"),
        "fd_read" => ("reading", "reading"),
        "random_get" => ("random numbers", "random numbers and map seeds"),
        "clock_time_get" => ("the current time", "the current time"),
        "poll_oneoff" => ("sleeping and waiting", "sleeping and waiting"),
        "args_get" | "args_sizes_get" => ("arguments", "os.Args"),
        "environ_get" | "environ_sizes_get" => ("environment variables", "os.Environ"),
        "proc_exit" => ("the exit status", "the exit status"),
        "sched_yield" => ("scheduling", "the scheduler"),
        name if name.starts_with("path_") || name.starts_with("fd_") => ("files", "files"),
        name if name.starts_with("sock_") => ("sockets", "sockets"),
        _ => return None,
    })
}

fn write_rows(text: &mut String, rows: &[(String, usize)]) {
    for (name, size) in rows {
        write_row(text, name, *size);
    }
}

fn write_row(text: &mut String, name: &str, size: usize) {
    line(text, &format!("  {:>12}  {name}", grouped(size)));
}

/// Formats a number as `1,234,567`.
pub(in crate::report) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Appends a line, and an empty line before it if `content` starts with a line break. Control characters are escaped,
/// since names come from the module.
fn line(text: &mut String, content: &str) {
    let bare = content.trim_start_matches('\n');
    text.push_str(&content[..content.len() - bare.len()]);
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}", printable(bare));
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
