//! Configures the engine and compiles modules with it.

use super::oversized::refuse_oversized;
use super::{Instrumentation, Plan};
use crate::error::Error;
use crate::module::{self, Module, engine_workarounds};
use crate::size::Size;
use wasmi::{CompilationMode, Config, CustomFuelCosts, Engine};

/// The default limit of the call stack. Go's own tests need tens of thousands of frames. Memory is committed only as it
/// is used, so a generous limit costs nothing.
pub const DEFAULT_STACK: Size = Size::mebibytes(256);

/// The number of bytes that each frame counts as: the default allows a million frames.
const BYTES_PER_FRAME: u64 = 256;

/// The additional bytes of a frame of an instrumented function, for the local that holds its slot's address.
const INSTRUMENTATION_BYTES_PER_FRAME: u64 = 8;

/// The number of bytes copied per unit of fuel: wasmi's default.
const BYTES_COPIED_PER_FUEL: u32 = 64;

/// The number of frames that a call stack of this size holds.
pub fn frames(stack: Size) -> u64 {
    stack.0 / BYTES_PER_FRAME
}

/// An engine configured for a plan, and for an instrumented module if there is one.
pub fn engine(plan: &Plan, instrumentation: Option<&Instrumentation<'_>>) -> Engine {
    Engine::new(&config(plan, instrumentation))
}

/// Validates a whole module and compiles it. An instrumented one was validated before.
///
/// # Errors
///
/// `Module` if it is invalid, uses a proposal that the engine lacks, or has a function that is too large for it.
pub fn compile(engine: &Engine, name: &str, wasm: &[u8]) -> Result<wasmi::Module, Error> {
    let corrected = engine_workarounds::correct(wasm);
    let compiled = wasmi::Module::new(engine, &*corrected).map_err(|error| {
        // Validated again, since the offset in the message must be one in the original file.
        let error = wasmi::Module::validate(engine, wasm).err().unwrap_or(error);
        module::explain_refusal(name, wasm, error)
    })?;
    refuse_oversized(name, &corrected)?;
    Ok(compiled)
}

/// An engine with the same features that translates all functions when a module is compiled.
pub(super) fn eager() -> Engine {
    let mut config = Config::default();
    set_load(&mut config);
    config.compilation_mode(CompilationMode::Eager);
    Engine::new(&config)
}

/// Checks that the engine accepts a module.
///
/// # Errors
///
/// `Module` if it is invalid, uses a proposal that the engine lacks, or has a function that is too large for it.
pub fn validate(module: &Module) -> Result<(), Error> {
    let mut config = Config::default();
    set_load(&mut config);
    let engine = Engine::new(&config);
    let (name, wasm) = (&module.name, &*module.wasm);
    wasmi::Module::validate(&engine, wasm)
        .map_err(|error| module::explain_refusal(name, wasm, error))?;
    refuse_oversized(name, wasm)
}

fn config(plan: &Plan, instrumentation: Option<&Instrumentation<'_>>) -> Config {
    let mut config = Config::default();
    set_load(&mut config);
    let stack = plan.max_stack.unwrap_or(DEFAULT_STACK);
    let more_per_frame = instrumentation.map_or(0, |_| INSTRUMENTATION_BYTES_PER_FRAME);
    set_stack(&mut config, stack, more_per_frame);
    if instrumentation.is_some() && plan.preloads.is_empty() {
        // The module was validated before it was instrumented, so a function is validated again only when it is called.
        config.compilation_mode(CompilationMode::Lazy);
    }
    let slices = instrumentation.and_then(|instrumentation| instrumentation.slices);
    config.consume_fuel(plan.fuel.is_some() || slices.is_some());
    // Translating functions is the engine's work, so it uses no fuel.
    config.fuel_cost(CustomFuelCosts {
        bytes_copied_per_fuel: BYTES_COPIED_PER_FUEL,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    });
    config
}

/// The settings that loading a module depends on.
fn set_load(config: &mut Config) {
    // The debug information is most of a TinyGo module, and the engine does not use it.
    config.ignore_custom_sections(true);
    // Validate all functions first, and translate each when it is called.
    config.compilation_mode(CompilationMode::LazyTranslation);
    // The feature is compiled in only to work around a bug of wasmi: see `module::engine_workarounds`.
    config.wasm_memory64(false);
}

/// Sets both of the engine's limits, on bytes and on frames. The bytes for instrumentation are added, so an
/// instrumented guest reaches the same call depth.
fn set_stack(config: &mut Config, size: Size, more_per_frame: u64) {
    let usize_of = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    // This panics below the engine's initial height of 1,000 bytes. The minimum of `--max-stack` is much larger.
    config.set_max_stack_height(usize_of(
        size.0.saturating_add(more_per_frame * frames(size)),
    ));
    config.set_max_recursion_depth(usize_of(frames(size) + more_per_frame.min(1)));
}
