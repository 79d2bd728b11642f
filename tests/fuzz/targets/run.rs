//! Runs valid modules, and compares their results with those of another engine.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(wasm) = tinyrun_fuzz::generate::module(bytes)
        && let Ok(module) = tinyrun_fuzz::load(&wasm)
    {
        tinyrun_fuzz::inspect(&module);
        tinyrun_fuzz::compare(&wasm);
        tinyrun_fuzz::run(module, None);
    }
});
