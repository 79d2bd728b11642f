;; Calls a function of another module that has a comparison before select.
(module
  (import "lib" "eqz" (func $eqz (param i32) (result i32)))
  (func (export "call") (param i32) (result i32) (call $eqz (local.get 0))))
