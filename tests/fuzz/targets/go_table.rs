//! Reading Go's function table from a module whose data segments are arbitrary, after a valid header.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tinyrun_fuzz::read_go_table(bytes));
