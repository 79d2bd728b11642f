//! Valid modules of any kind, and such with some bytes changed, whose functions are judged at a glance.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut wasm) = tinyrun_fuzz::generate::module(bytes) else {
        return;
    };
    tinyrun_fuzz::validate(&wasm);
    for change in bytes.chunks_exact(3).take(64) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % wasm.len();
        let was = std::mem::replace(&mut wasm[at], change[2]);
        tinyrun_fuzz::validate(&wasm);
        wasm[at] = was;
    }
});
