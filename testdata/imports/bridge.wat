;; Part of Go's JavaScript bridge.
(module
  (func (export "syscall/js.valueGet") (param i64 i32 i32) (result i64) (local.get 0)))
