//! The engine's settings, and the compilation of a module under them.

use super::Plan;
use crate::cli::Size;
use crate::error::Error;
use crate::module::Module;
use wasmi::{Config, CustomFuelCosts, Engine};

/// The bound on the call stack where none is asked for. Go's own tests need tens of thousands of
/// frames; the memory is taken only as it is used, so that a generous bound costs nothing.
pub const DEFAULT_STACK: Size = Size::mebibytes(256);

/// How many bytes of the bound stand for one frame: with the default, a million frames.
const BYTES_PER_FRAME: u64 = 256;

/// How many bytes a unit of fuel copies; wasmi's own figure.
const BYTES_COPIED_PER_FUEL: u32 = 64;

/// An engine with the settings of a plan.
pub(super) fn engine(plan: &Plan) -> Engine {
    Engine::new(&config(plan))
}

/// Compiles a module, which validates it whole. Functions are translated when first called.
///
/// # Errors
///
/// `Module` where it is not valid.
pub(super) fn compile(engine: &Engine, module: &Module) -> Result<wasmi::Module, Error> {
    wasmi::Module::new(engine, &module.wasm).map_err(|error| {
        Error::module(format!("{} is not a valid module", module.name)).detail(error)
    })
}

/// Sees whether a module is valid, as `compile` does.
///
/// # Errors
///
/// `Module` where it is not.
pub(super) fn validate(module: &Module) -> Result<(), Error> {
    let mut config = Config::default();
    config.ignore_custom_sections(true);
    compile(&Engine::new(&config), module).map(drop)
}

fn config(plan: &Plan) -> Config {
    let mut config = Config::default();
    // The debug information is most of a TinyGo module, and the engine has no use for it.
    config.ignore_custom_sections(true);
    set_stack(&mut config, plan.max_stack.unwrap_or(DEFAULT_STACK));
    config.consume_fuel(plan.fuel.is_some());
    // Translation is the engine's own work and may move between runs: the guest is not charged.
    config.fuel_cost(CustomFuelCosts {
        bytes_copied_per_fuel: BYTES_COPIED_PER_FUEL,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    });
    config
}

/// Both of the engine's bounds, on bytes and on frames, follow from the one figure.
fn set_stack(config: &mut Config, size: Size) {
    let whole = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    // The command line's smallest size is well above the engine's initial height of 1,000 bytes,
    // below which this would panic.
    config.set_max_stack_height(whole(size.0));
    config.set_max_recursion_depth(whole(size.0 / BYTES_PER_FRAME));
}
