//! Loads and inspects arbitrary bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(module) = tinyrun_fuzz::load(bytes) {
        let _ = tinyrun_fuzz::check(&module);
        tinyrun_fuzz::inspect(&module);
    }
});
