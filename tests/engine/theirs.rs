//! The same modules under wasmi 1.1, another interpreter altogether.

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
    /// What is wrong with it.
    pub fn new(wasm: &[u8]) -> Result<Self, String> {
        let mut config = Config::default();
        config.compilation_mode(wasmi_1::CompilationMode::LazyTranslation);
        config.wasm_multi_memory(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
        let mut store = Store::new(&engine, ());
        let linker = Linker::new(&engine);
        let instance = linker.instantiate_and_start(&mut store, &module);
        let instance = instance.map_err(|error| error.to_string())?;
        Ok(Self { store, instance })
    }

    /// Calls an export.
    ///
    /// # Errors
    ///
    /// The trap's words.
    pub fn call(&mut self, name: &str, arguments: &[Val]) -> Result<Vec<Val>, String> {
        let func = self.instance.get_func(&self.store, name);
        let func = func.ok_or_else(|| format!("no function {name}"))?;
        let count = func.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        let called = func.call(&mut self.store, arguments, &mut results);
        called.map(|()| results).map_err(|error| error.to_string())
    }

    /// The content of an exported memory.
    pub fn memory(&self, name: &str) -> &[u8] {
        let memory = self.instance.get_memory(&self.store, name);
        memory.map_or(&[], |memory| memory.data(&self.store))
    }
}
