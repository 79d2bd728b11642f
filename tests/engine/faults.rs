//! The engine's faults that are worked around: a test that fails when the engine has them no more, so that the
//! workaround can go. That of `v128.store8_lane` depends on how the engine is built, and cannot be tried here.

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
        match ours == right {
            true => Ok(()),
            false => Err(format!("{ours:?}, not {right:?}").into()),
        }
    })]
}
