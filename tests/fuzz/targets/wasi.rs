//! Runs programs that make WASI calls, each in its own directory.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(wasm) = tinyrun_fuzz::generate::calls(bytes) {
        let module = tinyrun_fuzz::load(&wasm).expect("the generator makes valid modules");
        tinyrun_fuzz::check(&module).expect("the generator makes valid modules");
        let place = tempfile::tempdir().expect("there is room for a folder");
        tinyrun_fuzz::run(module, Some(place.path()));
    }
});
