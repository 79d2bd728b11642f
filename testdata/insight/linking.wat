(module
  (import "lib" "m" (memory 1))
  (import "lib" "get" (func $get (result i32)))
  (import "lib" "grow" (func $grow (param i32) (result i32)))
  (func (export "got") (result i32) (call $get))
  (func (export "more") (param i32) (result i32) (call $grow (local.get 0))))
