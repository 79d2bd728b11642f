//! Converts sites to frames, with debug information, or else with the name section, or else with function indices.

use super::backtrace::MissingSymbols;
use super::frame::{Frame, InlinedCode, Origin, Precision};
use super::go_code::GoCode;
use super::go_name::{GoNames, origin};
use super::slots::StackEntry;
use super::symbol::{GOROUTINE_WRAPPER, INTERFACE_PREFIX, WASM_EXPORT_SUFFIX, wrapped};
use crate::instrument::{Site, SiteKind, SiteTable};
use crate::module::{self, Compiler, Module, Position, Positions, Toolchain};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The names and the debug information of a module that was instrumented.
pub(super) struct Symbols<'a> {
    sites: &'a SiteTable,
    /// The names of the functions in the module.
    names: HashMap<u32, &'a str>,
    go_names: GoNames<'a>,
    positions: Option<Positions<'a>>,
    /// Go's function table, if official Go compiled the module.
    go_code: Option<GoCode<'a>>,
    /// The offset in the module of the code section's content.
    code_start: u64,
    /// The function that `main.main` is or was inlined into, by its name in the module.
    main: Option<&'static str>,
    /// The Go names that were already determined, by names in the module.
    known_names: RefCell<HashMap<&'a str, (Arc<str>, Origin)>>,
}

/// Returns true for the `init` functions of the program's packages. TinyGo numbers them.
fn is_init(name: &str) -> bool {
    let function = name.rsplit('.').next().unwrap_or_default();
    let is_numbered = function
        .strip_prefix("init")
        .is_some_and(|rest| rest.starts_with('#'));
    is_numbered && module::is_of_program(name)
}

/// The function `main` of the program.
const MAIN: &str = "main.main";

/// The functions that `main.main` is inlined into, the innermost first:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/scheduler_any.go>.
const MAIN_CALLERS: [&str; 4] = [
    "runtime.run$1",
    "runtime.run$1$gowrapper",
    "runtime.run",
    "_start",
];

impl<'a> Symbols<'a> {
    pub(super) fn read(module: &'a Module, sites: &'a SiteTable) -> Self {
        let names: HashMap<_, _> = module.function_names().collect();
        let go_names = GoNames::new(names.values().copied());
        let is_present = |name: &&str| go_names.contains(name);
        Self {
            sites,
            positions: Positions::read(&module.wasm),
            go_code: GoCode::read(module, sites),
            code_start: module.code_start(),
            main: [MAIN].into_iter().chain(MAIN_CALLERS).find(is_present),
            names,
            go_names,
            known_names: RefCell::default(),
        }
    }

    /// The symbols that the module lacks, if TinyGo or official Go built it.
    pub(super) fn missing(&self, module: &Module) -> Option<MissingSymbols> {
        let has_lines = self.positions.as_ref().is_some_and(|read| !read.is_empty());
        if has_lines || self.go_code.is_some() {
            return None;
        }
        let has_names = !self.names.is_empty();
        match (self.compiler(module), has_names) {
            (Compiler::TinyGo, true) => Some(MissingSymbols::Lines),
            (Compiler::TinyGo, false) => Some(MissingSymbols::Names),
            (Compiler::Go, true) => Some(MissingSymbols::GoTable),
            (Compiler::Go, false) => Some(MissingSymbols::GoTableAndNames),
            (Compiler::Other, _) => None,
        }
    }

    /// The compiler of the module. Without debug information, only names and exports show TinyGo.
    fn compiler(&self, module: &Module) -> Compiler {
        const EXPORTS: [&str; 2] = ["asyncify_get_state", "calloc"];
        let exports = |name: &&str| module.interface.exported_function(name).is_some();
        let compiler = match module.interface.compiler {
            Compiler::Other => Toolchain::detect(module).compiler,
            compiler => compiler,
        };
        let is_of_tinygo = compiler == Compiler::Other
            && if self.names.is_empty() {
                EXPORTS.iter().all(exports)
            } else {
                let panics = ["runtime.runtimePanic", "runtime.runtimePanicAt"];
                panics.iter().any(|name| self.go_names.contains(name))
            };
        if is_of_tinygo {
            Compiler::TinyGo
        } else {
            compiler
        }
    }

    /// Returns true for the wrapper of a function with `//go:wasmexport`.
    pub(super) fn is_wasm_export(&self, function: u32) -> bool {
        let symbol = self.names.get(&function);
        symbol.is_some_and(|symbol| symbol.ends_with(WASM_EXPORT_SUFFIX))
    }

    /// The frames of an entry: those of inlined functions, the innermost first, then that of the function itself.
    pub(super) fn frames(&self, entry: StackEntry) -> Vec<Frame> {
        let go_frames = self.go_code.as_ref().map(|code| code.frames(entry));
        if let Some(frames) = go_frames.filter(|frames| !frames.is_empty()) {
            return frames;
        }
        let precision = match entry {
            StackEntry::InFunction(function) => return self.function_frames(function),
            StackEntry::AfterSite(_) => Precision::OrLater,
            StackEntry::AtSite(_) | StackEntry::Unknown => Precision::Exact,
        };
        match entry.site(self.sites) {
            Some(site) => self.site_frames(site, precision),
            None => Vec::new(),
        }
    }

    fn site_frames(&self, site: &Site, precision: Precision) -> Vec<Frame> {
        let callee = match site.kind {
            SiteKind::Call(callee) | SiteKind::FinalCall(callee) => callee,
            SiteKind::Entry | SiteKind::Loop | SiteKind::Unreachable => None,
        };
        let positions = self.positions(site.function, site.offset);
        if positions.is_empty() {
            return vec![self.named_frame(site.function, callee, Some(site.offset))];
        }
        let is_reliable = positions.len() > 1;
        let frames = positions.into_iter().map(|position| {
            let precision = match position.accuracy {
                module::LineAccuracy::Exact | module::LineAccuracy::Unknown => precision,
                module::LineAccuracy::Nearby => Precision::Nearby,
            };
            self.position_frame(position, precision)
        });
        let mut frames: Vec<_> = frames.collect();
        if let Some(outermost) = frames.last_mut() {
            self.set_origin(outermost, site.function, callee);
            if !is_reliable && !outermost.has_line() {
                match self.calling_main(site.function, callee) {
                    Some(main) => frames.insert(0, main),
                    None => self.add_inlined(outermost, site.function),
                }
            }
        }
        frames
    }

    /// The frame of a function whose site is not known.
    fn function_frames(&self, function: u32) -> Vec<Frame> {
        let start = self.sites.function_start(function);
        let positions = self.positions.as_ref().zip(start);
        let Some(position) = positions.and_then(|(positions, start)| positions.declaration(start))
        else {
            return vec![self.named_frame(function, None, None)];
        };
        let mut frame = self.position_frame(position, Precision::OrLater);
        self.set_origin(&mut frame, function, None);
        self.add_inlined(&mut frame, function);
        vec![frame]
    }

    fn positions(&self, function: u32, offset: u32) -> Vec<Position<'a>> {
        let start = self.sites.function_start(function);
        match (&self.positions, start) {
            (Some(positions), Some(start)) => positions.at(start, offset),
            _ => Vec::new(),
        }
    }

    fn position_frame(&self, position: Position<'a>, precision: Precision) -> Frame {
        let (function, origin) = self.go_name(position.function);
        Frame {
            function,
            line: position.line,
            precision,
            offset: None,
            inlined: None,
            origin,
            count: 1,
        }
    }

    /// The frame of a function without debug information.
    fn named_frame(&self, function: u32, callee: Option<u32>, offset: Option<u32>) -> Frame {
        let name = self.names.get(&function);
        let (go_name, origin) = match name {
            Some(name) => self.go_name(name),
            None => (format!("func[{function}]").into(), Origin::Program),
        };
        let offset = offset.filter(|_| name.is_none());
        let mut frame = Frame {
            function: go_name,
            line: None,
            precision: Precision::OrLater,
            offset: offset.map(|offset| self.code_start + u64::from(offset)),
            inlined: None,
            origin,
            count: 1,
        };
        self.set_origin(&mut frame, function, callee);
        frame
    }

    /// Sets the origin of a wrapper, and of a function that `main.main` was inlined into.
    fn set_origin(&self, frame: &mut Frame, function: u32, callee: Option<u32>) {
        let Some(symbol) = self.names.get(&function).copied() else {
            return;
        };
        let (_, origin) = self.go_name(symbol);
        if origin == Origin::Wrapper {
            let is_go_statement =
                &*frame.function == GOROUTINE_WRAPPER && !symbol.ends_with(WASM_EXPORT_SUFFIX);
            frame.origin = if is_go_statement {
                Origin::GoStatement
            } else {
                origin
            };
        }
        if frame.line.is_none() {
            let callee = callee.and_then(|callee| self.names.get(&callee));
            if origin == Origin::Wrapper && self.holds_wrapped(symbol, callee) {
                frame.origin = Origin::Program;
            }
            if self.main == Some(symbol) && symbol != MAIN {
                frame.origin = Origin::Program;
                frame.inlined = Some(InlinedCode::Function(MAIN.into()));
            }
        }
    }

    /// Returns true if a wrapper has the code of the function that it wraps, rather than a call of it.
    fn holds_wrapped(&self, wrapper: &str, callee: Option<&&str>) -> bool {
        let (function, _) = wrapped(wrapper);
        if function.starts_with(INTERFACE_PREFIX) {
            // It calls the method of each type that implements the interface.
            return callee.is_none_or(|callee| origin(callee) != Origin::Program);
        }
        let is_called = callee.map_or(self.go_names.contains(function), |callee| {
            *callee == function
        });
        !is_called && origin(function) == Origin::Program
    }

    /// The frame of `main.main`, if the function calls a function of package `main` and only `main.main`, which is inlined
    /// into it, can do that. No other package can import `main`.
    fn calling_main(&self, function: u32, callee: Option<u32>) -> Option<Frame> {
        let callee = self.names.get(&callee?)?;
        let caller = self.names.get(&function)?;
        let is_of_main = |name: &str| name.trim_start_matches(['(', '*']).starts_with("main.");
        let start = self.sites.function_start(function)?;
        let main = self.positions.as_ref()?.of_main(start)?;
        (is_of_main(callee) && !is_of_main(caller))
            .then(|| self.position_frame(main, Precision::OrLater))
    }

    /// Names the program's function that was inlined into a function whose line is not known.
    fn add_inlined(&self, frame: &mut Frame, function: u32) {
        let symbol = self.names.get(&function).copied().unwrap_or_default();
        let start = self.sites.function_start(function);
        let (Some(positions), Some(start), true) =
            (&self.positions, start, frame.origin != Origin::Program)
        else {
            return;
        };
        let inlined = [MAIN, wrapped(symbol).0]
            .into_iter()
            .filter(|name| origin(name) == Origin::Program)
            .find(|name| positions.is_inlined(start, |inlined| inlined == *name));
        if let Some(name) = inlined {
            frame.inlined = Some(if name == MAIN && positions.is_inlined(start, is_init) {
                InlinedCode::MainAndInit
            } else {
                InlinedCode::Function(self.go_names.go_name(name))
            });
            frame.origin = Origin::Program;
            // The file is that of the runtime.
            frame.line = None;
        }
    }

    fn go_name(&self, symbol: &'a str) -> (Arc<str>, Origin) {
        let mut known_names = self.known_names.borrow_mut();
        let known = known_names
            .entry(symbol)
            .or_insert_with(|| (self.go_names.go_name(symbol), origin(symbol)));
        known.clone()
    }
}
