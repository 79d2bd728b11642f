//! Tests that the engine still has the faults that tinyrun works around. If a test fails, its workaround can be
//! removed. The fault of `v128.store8_lane` depends on the engine's features and cannot be tested here.

use crate::ours::Road;
use crate::pair::{Arguments, Pair, Value};
use libtest_mimic::Trial;

const SELECT: &str = r#"(module (func (export "f") (param i32) (result i32)
    (select (i32.const 111) (i32.const 222) (i32.eqz (local.get 0)))))"#;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("engine/faults", || {
        let wasm = wat::parse_str(SELECT)?;
        let five = Arguments::new(&[Value::I32(5)]);
        let (wrong, right) = Pair::new(&wasm, Road::Uncorrected)?.call("f", &five);
        if wrong == right {
            return Err(
                "wasmi computes select rightly: src/module/engine_workarounds can go".into(),
            );
        }
        let (ours, right) = Pair::new(&wasm, Road::Plain)?.call("f", &five);
        if ours == right {
            Ok(())
        } else {
            Err(format!("{ours:?}, not {right:?}").into())
        }
    })]
}
