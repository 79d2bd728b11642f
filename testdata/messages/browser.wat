;; As built for -target=wasm from a program that uses syscall/js.
(module
  (import "gojs" "syscall/js.valueGet" (func (param i64 i32 i32) (result i64)))
  (func (export "_start")))
