//! What is valid at a glance is so to wasmparser as well, of modules of any kind and of damaged ones.

use super::{Verdict, validate_functions};
use arbitrary::{Arbitrary, Unstructured};
use wasmparser::{Validator, WasmFeatures};

/// What stands around each function of `functions_are_judged`.
const REST: &str = r#"
    (type $pair (func (param i32 i64) (result i64 i32)))
    (import "env" "pair" (func $pair (type $pair)))
    (memory 1)
    (table $callees 1 funcref)
    (table $others 1 externref)
    (global $fixed i32 (i32.const 1))
    (global $changing (mut f64) (f64.const 1))
"#;

#[test]
fn functions_are_judged() {
    for (function, is_valid) in [
        ("", true),
        ("nop unreachable", true),
        ("(local i32 i64 f32 f64) local.get 3 local.set 3", true),
        ("(local i32) local.get 1 drop", false),
        ("(local i32) i64.const 1 local.set 0", false),
        ("(local i32) i32.const 1 local.tee 0 drop", true),
        ("(local v128) nop", false),
        (
            "i32.const -2147483648 i64.const 9223372036854775807 drop drop",
            true,
        ),
        ("f32.const 1 f64.const 1 drop drop", true),
        ("i32.const 1", false),
        ("drop", false),
        (
            "i32.const 1 i32.const 2 i32.add i64.extend_i32_u drop",
            true,
        ),
        ("i32.const 1 i64.const 2 i32.add drop", false),
        ("f64.const 1 i32.trunc_sat_f64_u drop", true),
        ("f32.const 1 i32.trunc_sat_f64_u drop", false),
        ("i32.const 0 i64.load32_s align=4 drop", true),
        ("i32.const 0 i64.const 0 i64.store offset=4294967295", true),
        ("i32.const 0 i32.const 0 i64.store", false),
        ("memory.size memory.grow drop", true),
        ("i32.const 0 i32.const 0 i32.const 0 memory.copy", true),
        ("i32.const 0 i32.const 0 i64.const 0 memory.fill", false),
        (
            "global.get $fixed drop global.get $changing global.set $changing",
            true,
        ),
        ("i32.const 0 global.set $fixed", false),
        ("i32.const 1 i64.const 2 call $pair drop drop", true),
        ("i64.const 1 i32.const 2 call $pair drop drop", false),
        (
            "i32.const 1 i64.const 2 i32.const 0 call_indirect $callees (type $pair) drop drop",
            true,
        ),
        (
            "i32.const 1 i64.const 2 i64.const 0 call_indirect $callees (type $pair) drop drop",
            false,
        ),
        ("f32.const 1 f32.const 2 i32.const 0 select drop", true),
        ("f32.const 1 f64.const 2 i32.const 0 select drop", false),
        ("unreachable select i32.eqz drop", true),
        (
            "unreachable f64.const 1 i32.const 1 select i32.eqz drop",
            false,
        ),
        ("block (result i32) i32.const 1 end drop", true),
        ("block (result i32) i64.const 1 end drop", false),
        (
            "i32.const 1 i64.const 2 block (type $pair) call $pair end drop drop",
            true,
        ),
        ("i32.const 1 block drop end", false),
        (
            "i32.const 1 if (result i32) i32.const 1 else i32.const 2 end drop",
            true,
        ),
        ("i32.const 1 if (result i32) i32.const 1 end drop", false),
        ("i32.const 1 if i32.const 1 else end", false),
        (
            "i32.const 1 loop (param i32) i64.extend_i32_u i32.const 1 br_if 0 drop end",
            false,
        ),
        (
            "i32.const 1 loop (param i32) i32.const 1 i32.const 1 br_if 0 drop drop end",
            true,
        ),
        ("i32.const 1 loop (param i32) br 0 end", true),
        (
            "block (result i32) i32.const 1 i32.const 2 br_if 0 end drop",
            true,
        ),
        (
            "block (result i32) i32.const 2 br_if 0 i32.const 1 end drop",
            false,
        ),
        ("block i32.const 2 br_if 2 end", false),
        ("block i32.const 1 br_if 1 return end", true),
        (
            "block block (result i32) i32.const 1 i32.const 0 br_table 0 0 end drop end",
            true,
        ),
        (
            "block block (result i32) i32.const 1 i32.const 0 br_table 0 1 end drop end",
            false,
        ),
        (
            "block (result i32) block (result i32) i32.const 1 i32.const 0 br_table 0 1 end end drop",
            true,
        ),
        (
            "block (result f32) unreachable i32.const 0 br_table 0 end drop",
            true,
        ),
        (
            "block (result f32) f64.const 1 i32.const 0 br_table 0 end drop",
            false,
        ),
        ("return i32.add drop", true),
        ("return i32.add i64.eqz drop", false),
        ("block br 0 i64.const 1 i32.wrap_i64 drop end", true),
        // What is valid, and left to the engine.
        ("ref.null func drop", false),
        (
            "i32.const 1 i32.const 2 i32.const 0 select (result i32) drop",
            false,
        ),
        ("v128.const i32x4 0 0 0 0 drop", false),
    ] {
        let text = format!("(module {REST} (func {function}))");
        let wasm = wat::parse_str(&text);
        let verdict = wasm.as_deref().map(validate_functions).ok();
        let judged = verdict.map(|verdict| verdict != Verdict::Unsure);
        assert_eq!(judged, Some(is_valid), "{function}");
        let accepted = wasm.is_ok_and(|wasm| is_accepted(&wasm));
        assert!(accepted || !is_valid, "{function}");
    }
}

#[test]
fn what_is_said_to_be_valid_is_so() {
    let mut state = 1_u64;
    let mut random = || {
        // Xorshift, by Marsaglia: numbers that look like chance and are the same every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut seen, mut damaged) = (0, 0);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..512).flat_map(|_| random().to_le_bytes()).collect();
        let Some(mut wasm) = generate(&bytes) else {
            continue;
        };
        // What compilers emit is known here.
        assert_ne!(validate_functions(&wasm), Verdict::Unsure);
        seen += 1;
        for _ in 0..200 {
            let at = random() as usize % wasm.len();
            let was = wasm[at];
            wasm[at] = random() as u8;
            if validate_functions(&wasm) != Verdict::Unsure && have_valid_rest(&wasm) {
                assert!(is_accepted(&wasm), "{at}: {wasm:?}");
                damaged += 1;
            }
            wasm[at] = was;
        }
    }
    // Both kinds were met.
    assert!(seen > 100 && damaged > 1_000, "{seen} {damaged}");
}

/// A valid module with what compilers for Go use.
fn generate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut input = Unstructured::new(bytes);
    let mut config = wasm_smith::Config::arbitrary(&mut input).ok()?;
    config.bulk_memory_enabled = false;
    config.compact_imports_enabled = false;
    config.custom_descriptors_enabled = false;
    config.custom_page_sizes_enabled = false;
    config.exceptions_enabled = false;
    config.extended_const_enabled = false;
    config.gc_enabled = false;
    config.memory64_enabled = false;
    config.reference_types_enabled = false;
    config.relaxed_simd_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.simd_enabled = false;
    config.tail_call_enabled = false;
    config.threads_enabled = false;
    config.wide_arithmetic_enabled = false;
    config.max_memories = 1;
    config.min_funcs = 1;
    let module = wasm_smith::Module::new(config, &mut input).ok()?;
    Some(module.to_bytes())
}

/// What the engine has, of which none that is left out here makes a module valid that is not.
fn features() -> WasmFeatures {
    WasmFeatures::default() - WasmFeatures::THREADS
}

fn is_accepted(wasm: &[u8]) -> bool {
    Validator::new_with_features(features())
        .validate_all(wasm)
        .is_ok()
}

/// Whether a module is valid but for its functions.
fn have_valid_rest(wasm: &[u8]) -> bool {
    let mut validator = Validator::new_with_features(features());
    wasmparser::Parser::new(0)
        .parse_all(wasm)
        .all(|payload| payload.is_ok_and(|payload| validator.payload(&payload).is_ok()))
}
