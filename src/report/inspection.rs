//! What a module is, needs, offers and weighs, for people and for programs.

mod json;

use super::message::printable;
use crate::host::Provider;
use crate::module::{
    Build, Compiler, ExternType, FuncType, Import, Module, Scheduler, Signature, SizeReport,
    Toolchain, is_plumbing,
};
use crate::size::Size;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

/// What was read of a module.
pub struct Inspection<'a> {
    /// The module.
    pub module: &'a Module,
    /// Where it comes from.
    pub toolchain: Toolchain,
    /// What it weighs.
    pub sizes: SizeReport,
    /// Who would answer each of its imports.
    pub providers: Vec<Option<Provider>>,
    /// How many bytes of long types may still be shown.
    type_bytes_left: Cell<usize>,
}

/// How many bytes of long types are shown for each byte of the module, and on top.
const TYPE_BYTES_PER_BYTE: usize = 2;
const MORE_TYPE_BYTES: usize = 1 << 20;

/// How many packages are shown.
const MOST_PACKAGES: usize = 15;

impl<'a> Inspection<'a> {
    /// Of what was read of a module.
    pub fn new(
        module: &'a Module,
        toolchain: Toolchain,
        sizes: SizeReport,
        providers: Vec<Option<Provider>>,
    ) -> Self {
        let type_bytes = sizes.total * TYPE_BYTES_PER_BYTE + MORE_TYPE_BYTES;
        Self {
            module,
            toolchain,
            sizes,
            providers,
            type_bytes_left: Cell::new(type_bytes),
        }
    }

    /// For people.
    pub fn as_text(&self) -> String {
        let mut text = String::new();
        self.write_what_it_is(&mut text);
        self.write_needs(&mut text);
        self.write_offers(&mut text);
        self.write_weight(&mut text);
        text
    }

    fn write_what_it_is(&self, text: &mut String) {
        let Toolchain {
            build, scheduler, ..
        } = &self.toolchain;
        let compiler = match (self.toolchain.compiler_version(), self.toolchain.compiler) {
            (Some(version), _) => version,
            (None, Compiler::TinyGo) => "TinyGo",
            (None, _) => "an unknown compiler",
        };
        let mut facts = vec![compiler.to_owned()];
        facts.push(build_in_words(*build).to_owned());
        facts.extend(scheduler.map(|scheduler| scheduler_in_words(scheduler).to_owned()));
        facts.push(
            match (self.toolchain.has_debug_info, self.toolchain.has_names) {
                (true, _) => "with debug information".to_owned(),
                (false, true) => "names but no debug information".to_owned(),
                (false, false) => "neither names nor debug information".to_owned(),
            },
        );
        line(text, &format!("{}: {}", self.module.name, facts.join(", ")));
        if self.toolchain.build == Build::Browser {
            line(
                text,
                "  rebuild it with -target=wasip1 (TinyGo) or GOOS=wasip1 GOARCH=wasm (Go) to run it",
            );
        }
    }

    fn write_needs(&self, text: &mut String) {
        line(text, "\nneeds");
        let interface = &self.module.interface;
        let maximum = match interface.maximal_memory {
            Some(maximum) => format!("{} at most", Size(maximum)),
            None => "without a bound of its own".to_owned(),
        };
        let memory = match (interface.initial_memory, interface.maximal_memory) {
            (0, None) => "none of its own".to_owned(),
            (initial, _) => format!("{} from the start, {maximum}", Size(initial)),
        };
        line(text, &format!("  memory: {memory}"));
        if interface.imports.is_empty() {
            line(text, "  no imports");
        }
        for (import, provider) in self.imports() {
            let by = match (provider, use_of(import)) {
                (Some(Provider::Wasi), Some(what)) => format!("WASI, for {what}"),
                (Some(provider), _) => provider.to_string(),
                (None, _) => "nothing; see --import, --preload, --unknown-imports".to_owned(),
            };
            let Import { module, name, .. } = import;
            let ty = self.import_type(import);
            line(text, &format!("  {module}.{name} {ty}: {by}"));
        }
        if self.is_idle_wasi() {
            line(
                text,
                "  (TinyGo's runtime prints panics and seeds maps through WASI in every program;",
            );
            line(
                text,
                "  -target=wasm-unknown builds without it, and without malloc and goroutines)",
            );
        }
    }

    fn imports(&self) -> impl Iterator<Item = (&Import, Option<Provider>)> {
        self.module
            .interface
            .imports
            .iter()
            .zip(self.providers.iter().copied())
    }

    /// Whether all of WASI that a TinyGo module imports is the runtime's own.
    fn is_idle_wasi(&self) -> bool {
        const RUNTIME: [&str; 3] = ["fd_write", "random_get", "proc_exit"];
        let mut wasi = self
            .imports()
            .filter(|(_, provider)| *provider == Some(Provider::Wasi))
            .peekable();
        self.toolchain.compiler == Compiler::TinyGo
            && wasi.peek().is_some()
            && wasi.all(|(import, _)| RUNTIME.contains(&import.name.as_str()))
    }

    fn write_offers(&self, text: &mut String) {
        line(text, "\noffers");
        for (_, _, declared) in self.declarations() {
            line(text, &format!("  {declared}"));
        }
        let others = self.module.interface.exports.iter();
        for export in others.filter(|export| !matches!(export.ty, ExternType::Func(_))) {
            line(text, &format!("  {} ({})", export.name, kind(&export.ty)));
        }
        let plumbing = self.plumbing();
        if !plumbing.is_empty() {
            line(
                text,
                &format!("  and the runtime's own: {}", plumbing.join(", ")),
            );
        }
    }

    /// The program's own functions, each as Go declares it where that is known.
    fn declarations(&self) -> Vec<(&str, &FuncType, String)> {
        let functions = self.module.interface.exported_functions();
        let own: Vec<_> = functions.filter(|(name, _)| !is_plumbing(name)).collect();
        let names: Vec<_> = own.iter().map(|(name, _)| *name).collect();
        let signatures: HashMap<String, Rc<Signature>> = self.module.signatures(&names);
        let declared = own.into_iter().map(|(name, ty): (&str, &FuncType)| {
            let fits = |signature: &&Rc<Signature>| self.has_room(signature.text_bytes());
            let declared = match signatures.get(name).filter(fits) {
                Some(signature) => signature.declaration(name, ty),
                None => format!("{name} {}", self.func_type(ty)),
            };
            (name, ty, declared)
        });
        declared.collect()
    }

    fn import_type(&self, import: &Import) -> String {
        match &import.ty {
            ExternType::Func(ty) => self.func_type(ty),
            other => format!("({})", kind(other)),
        }
    }

    /// A function's type. Many functions may share a long one, of which there is only so much room.
    fn func_type(&self, ty: &FuncType) -> String {
        match self.has_room(ty.text_bytes()) {
            true => ty.to_string(),
            false => {
                let (params, results) = (ty.params.len(), ty.results.len());
                format!("({params} values) -> ({results} values)")
            }
        }
    }

    /// Whether there is room for so many bytes of a type, which are then taken. What is short always has.
    fn has_room(&self, bytes: usize) -> bool {
        const SHORT: usize = 100;
        let left = self.type_bytes_left.get().checked_sub(bytes);
        self.type_bytes_left.set(left.unwrap_or(0));
        left.is_some() || bytes <= SHORT
    }

    fn plumbing(&self) -> Vec<&str> {
        let functions = self.module.interface.exported_functions();
        functions
            .map(|(name, _)| name)
            .filter(|name| is_plumbing(name))
            .collect()
    }

    fn write_weight(&self, text: &mut String) {
        let sizes = &self.sizes;
        line(text, &format!("\nweighs {} bytes", grouped(sizes.total)));
        for (name, size) in &sizes.sections {
            line(text, &format!("  {:>12}  {name}", grouped(*size)));
        }
        if !sizes.packages.is_empty() {
            // Official Go writes a path's slashes so in the names of functions.
            let names = match self.toolchain.compiler {
                Compiler::Go => " (with _ for /)",
                Compiler::TinyGo | Compiler::Other => "",
            };
            line(text, &format!("\nits code, by package{names}"));
        }
        for (name, size) in sizes.packages.iter().take(MOST_PACKAGES) {
            line(text, &format!("  {:>12}  {name}", grouped(*size)));
        }
        let rest = sizes.packages.get(MOST_PACKAGES..).unwrap_or_default();
        if !rest.is_empty() {
            let size = rest.iter().map(|(_, size)| size).sum();
            line(
                text,
                &format!("  {:>12}  {} more", grouped(size), rest.len()),
            );
        }
        if !sizes.functions.is_empty() {
            line(text, "\nits largest functions");
        }
        for (name, size) in &sizes.functions {
            line(text, &format!("  {:>12}  {name}", grouped(*size)));
        }
        let debug = self.debug_info();
        if debug > 0 {
            let percent = debug * 100 / sizes.total.max(1);
            line(
                text,
                &format!(
                    "\n-no-debug would save {} bytes, {percent} % of it",
                    grouped(debug)
                ),
            );
        }
        if let Some(tasks) = self.scheduling() {
            line(
                text,
                &format!(
                    "-scheduler=none would save {} bytes and what asyncify adds to every function that may wait",
                    grouped(tasks)
                ),
            );
        }
    }

    fn debug_info(&self) -> usize {
        self.sizes.of_sections(".debug_")
    }

    /// What the scheduler's own package weighs, where there is a scheduler.
    fn scheduling(&self) -> Option<usize> {
        let is_there = self.toolchain.scheduler == Some(Scheduler::Asyncify);
        let packages = self.sizes.packages.iter();
        let tasks = packages.filter(|(name, _)| name == "internal/task");
        is_there
            .then(|| tasks.map(|(_, size)| size).sum())
            .filter(|size| *size > 0)
    }
}

fn build_in_words(build: Build) -> &'static str {
    match build {
        Build::Command => "command",
        Build::Reactor => "reactor",
        Build::Browser => "browser build",
        Build::Plain => "neither command nor reactor",
    }
}

fn scheduler_in_words(scheduler: Scheduler) -> &'static str {
    match scheduler {
        Scheduler::Asyncify => "goroutines by asyncify",
        Scheduler::None => "no goroutines",
    }
}

fn kind(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "function",
        ExternType::Memory => "memory",
        ExternType::Table => "table",
        ExternType::Global => "global",
        ExternType::Tag => "tag",
    }
}

/// What a Go program uses a WASI function for.
fn use_of(import: &Import) -> Option<&'static str> {
    Some(match import.name.as_str() {
        "fd_write" => "printing, panics included",
        "fd_read" => "reading",
        "random_get" => "random numbers, the seeds of maps included",
        "clock_time_get" => "the time",
        "poll_oneoff" => "sleeping and waiting",
        "args_get" | "args_sizes_get" => "os.Args",
        "environ_get" | "environ_sizes_get" => "os.Environ",
        "proc_exit" => "the exit status",
        "sched_yield" => "the scheduler",
        name if name.starts_with("path_") || name.starts_with("fd_") => "files",
        name if name.starts_with("sock_") => "sockets",
        _ => return None,
    })
}

/// `1,234,567`.
fn grouped(number: usize) -> String {
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

/// Adds a line, in which names that came out of the module are as they can be shown; an empty one may
/// go before it.
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
