//! Errors for exports that cannot be called: one that does not exist, with what was most likely meant, and one that
//! cannot be called from outside.

use crate::call_expr::{CallArgs, CallExpr};
use crate::error::Error;
use crate::go_literals::name;
use crate::module::Module;
use crate::nearest;

/// The maximum number of exports in a message.
const MAX_LISTED_EXPORTS: usize = 5;

/// The error for a call of an export that does not exist.
pub(super) fn unknown(call: &CallExpr, module: &Module) -> Error {
    let (module_name, name) = (&module.name, name::quote(&call.name));
    let error = Error::command_line(format!("{module_name} exports no function {name}"));
    match meant(call, module) {
        Some(hint) => error.hint(hint),
        None => match nearest_exports(&call.name, module).as_slice() {
            [] => error.detail(no_exports(module)),
            exports => error.hint(format!("it exports {}", exports.join(", "))),
        },
    }
}

/// What a message has instead of a list of exports.
pub(super) fn no_exports(module: &Module) -> &'static str {
    match module.interface.exported_functions().next() {
        Some(_) => "it exports no function that can be called",
        None => "it exports no function at all",
    }
}

/// What was most likely meant, if it is more than a misspelled name.
fn meant(call: &CallExpr, module: &Module) -> Option<String> {
    let exported = |name: &str| module.interface.exported_function(name).is_some();
    let whole = call.to_string();
    if exported(&whole) {
        let quoted = CallExpr {
            name: whole,
            args: CallArgs::Listed(Vec::new()),
            view: call.view.clone(),
        };
        return Some(format!(
            "quote a name that is not a word: {}",
            quoted.option()
        ));
    }
    let mut words = call.name.split([' ', ',']).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let words: Vec<_> = words.map(str::to_owned).collect();
    if exported(first) && !words.is_empty() {
        let meant = CallExpr {
            name: first.to_owned(),
            ..call.clone()
        };
        let meant = meant.with_words(&words);
        let meant = meant.with_text_quoted();
        return Some(format!("write {}", meant.option()));
    }
    let module_name = &module.name;
    match call.name.as_str() {
        "main" | "main.main" if exported("_start") => {
            Some(format!("main runs without --invoke: tinyrun {module_name}"))
        }
        "main" | "main.main" if exported("_initialize") => Some(format!(
            "{module_name} is a reactor, whose main does not run; its exports are called with --invoke"
        )),
        _ => None,
    }
}

/// Refuses a `//go:wasmexport` function of a command. It panics before `main` ("called before runtime initialization")
/// and after it ("called after main.main returned"), so it can never be called from outside. TinyGo's wrapper of such a
/// function has its own name in the name section:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/runtime_wasmentry.go>.
pub(super) fn refuse_uncallable(module: &Module, name: &str, index: u32) -> Result<(), Error> {
    let is_wrapper = || {
        let function = module.function_name(index);
        function.is_some_and(|function| function.ends_with("#wasmexport"))
    };
    if !module.is_command() || !is_wrapper() {
        return Ok(());
    }
    let name = name::quote(name);
    let message = format!("{name} cannot be called: it is a //go:wasmexport function of a command");
    Err(Error::command_line(message)
        .detail(format!(
            "{} is built as a command, whose runtime works only while main runs",
            module.name
        ))
        .hint("build it as a reactor, with -buildmode=c-shared"))
}

/// The exported functions with the names most similar to `name`, or the first few if none is similar.
fn nearest_exports(name: &str, module: &Module) -> Vec<String> {
    let all = module.callable_functions();
    let mut exports = nearest::to(name, all.iter().copied(), |(export, _)| export);
    if exports.is_empty() {
        exports = all;
    }
    let more = exports.len().saturating_sub(MAX_LISTED_EXPORTS);
    exports.truncate(MAX_LISTED_EXPORTS);
    let names: Vec<_> = exports.iter().map(|(name, _)| *name).collect();
    let signatures = module.signatures(&names);
    let declarations = exports
        .iter()
        .map(|(name, ty)| match signatures.get(*name) {
            Some(signature) => signature.declaration(name, ty),
            None => format!("{} {ty}", name::quote(name)),
        });
    let more = (more > 0).then(|| format!("and {more} more"));
    declarations.chain(more).collect()
}
