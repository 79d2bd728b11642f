//! Runs the same modules in wasmi 1.1, which has a different interpreter.

use anyhow::Context;
use wasmi_1::{Config, Engine, Instance, Linker, Module, Store, Val};

pub struct Theirs {
    store: Store<()>,
    instance: Instance,
}

impl Theirs {
    /// Compiles and instantiates a module without imports.
    ///
    /// # Errors
    ///
    /// The reason that it is invalid.
    pub fn new(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut config = Config::default();
        config.compilation_mode(wasmi_1::CompilationMode::LazyTranslation);
        config.wasm_multi_memory(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let linker = Linker::new(&engine);
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        Ok(Self { store, instance })
    }

    /// Calls an export.
    ///
    /// # Errors
    ///
    /// The trap.
    pub fn call(&mut self, name: &str, arguments: &[Val]) -> anyhow::Result<Vec<Val>> {
        let func = self.instance.get_func(&self.store, name);
        let func = func.with_context(|| format!("no function {name}"))?;
        let count = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        func.call(&mut self.store, arguments, &mut results)?;
        Ok(results)
    }

    /// The content of an exported memory.
    pub fn memory(&self, name: &str) -> &[u8] {
        let memory = self.instance.get_memory(&self.store, name);
        memory.map_or(&[], |memory| memory.data(&self.store))
    }
}
