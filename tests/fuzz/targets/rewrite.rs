//! Instruments and runs valid modules, and the same modules with one byte changed.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut wasm) = tinyrun_fuzz::generate::module(bytes) else {
        return;
    };
    if let Ok(module) = tinyrun_fuzz::load(&wasm) {
        tinyrun_fuzz::count_lines(&module);
        tinyrun_fuzz::rewrite(module);
    }
    if let [high, low, value, ..] = bytes {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % wasm.len();
        wasm[at] = *value;
        if let Ok(module) = tinyrun_fuzz::load(&wasm) {
            tinyrun_fuzz::count_lines(&module);
            tinyrun_fuzz::rewrite(module);
        }
    }
});
