//! The engine's settings, and the compilation of a module under them.

use super::oversized::refuse_oversized;
use super::{Pace, Plan, Track};
use crate::error::Error;
use crate::module::{Module, Progress, Work, engine_workarounds};
use crate::size::Size;
use wasmi::{CompilationMode, Config, CustomFuelCosts, Engine};

/// The bound on the call stack where none is asked for. Go's own tests need tens of thousands of
/// frames; the memory is taken only as it is used, so that a generous bound costs nothing.
pub const DEFAULT_STACK: Size = Size::mebibytes(256);

/// How many bytes of the bound stand for one frame: with the default, a million frames.
const BYTES_PER_FRAME: u64 = 256;

/// How many bytes more a frame takes that is tracked: the local with its slot's address.
const BYTES_TO_WATCH_FRAME: u64 = 8;

/// How many bytes a unit of fuel copies; wasmi's own figure.
const BYTES_COPIED_PER_FUEL: u32 = 64;

/// How many frames a guest may have at a time within a stack of this size.
pub fn frames(stack: Size) -> u64 {
    stack.0 / BYTES_PER_FRAME
}

/// An engine with the settings of a plan, for a guest that is tracked or not.
pub fn engine(plan: &Plan, track: Option<&Track<'_>>) -> Engine {
    Engine::new(&config(plan, track))
}

/// Validates a module whole and compiles it.
///
/// # Errors
///
/// `Module` where it is invalid, or has a function that is too large for the engine.
pub fn compile(
    engine: &Engine,
    name: &str,
    wasm: &[u8],
    progress: Progress,
) -> Result<wasmi::Module, Error> {
    let _step = progress.begin(Work::Check, name, wasm.len());
    let corrected = engine_workarounds::correct(wasm);
    let compiled = wasmi::Module::new(engine, &*corrected).map_err(|error| {
        // The offset in the message should be the one in the file.
        let error = wasmi::Module::validate(engine, wasm).err().unwrap_or(error);
        Error::module(format!("{name} is not a valid module")).caused_by(error)
    })?;
    refuse_oversized(name, &corrected)?;
    Ok(compiled)
}

/// An engine that translates functions at once, with the same features.
pub(super) fn eager() -> Engine {
    let mut config = Config::default();
    set_load(&mut config);
    config.compilation_mode(CompilationMode::Eager);
    Engine::new(&config)
}

/// Sees whether a module is valid, as `compile` does.
///
/// # Errors
///
/// `Module` where it is not.
pub(super) fn validate(module: &Module, progress: Progress) -> Result<(), Error> {
    let mut config = Config::default();
    set_load(&mut config);
    let engine = Engine::new(&config);
    compile(&engine, &module.name, &module.wasm, progress).map(drop)
}

fn config(plan: &Plan, track: Option<&Track<'_>>) -> Config {
    let mut config = Config::default();
    set_load(&mut config);
    let stack = plan.max_stack.unwrap_or(DEFAULT_STACK);
    set_stack(
        &mut config,
        stack,
        track.map_or(0, |_| BYTES_TO_WATCH_FRAME),
    );
    let in_slices = track.is_some_and(|track| track.pace != Pace::Free);
    config.consume_fuel(plan.fuel.is_some() || in_slices);
    // Translation is the engine's own work and may move between runs: the guest is not charged.
    config.fuel_cost(CustomFuelCosts {
        bytes_copied_per_fuel: BYTES_COPIED_PER_FUEL,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    });
    config
}

/// The settings that loading a module depends on.
fn set_load(config: &mut Config) {
    // The debug information is most of a TinyGo module, and the engine has no use for it.
    config.ignore_custom_sections(true);
    // Validates all functions first; translates each when it is called.
    config.compilation_mode(CompilationMode::LazyTranslation);
    // Built in only to keep out a fault: see `module::engine_workarounds`.
    config.wasm_memory64(false);
}

/// Both of the engine's bounds, on bytes and on frames, follow from the one figure. What it takes to track
/// a frame comes on top, so that a guest that is tracked gets as far as one that is not.
fn set_stack(config: &mut Config, size: Size, more_per_frame: u64) {
    let whole = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    // The command line's smallest size is well above the engine's initial height of 1,000 bytes,
    // below which this would panic.
    config.set_max_stack_height(whole(size.0.saturating_add(more_per_frame * frames(size))));
    config.set_max_recursion_depth(whole(frames(size) + more_per_frame.min(1)));
}
