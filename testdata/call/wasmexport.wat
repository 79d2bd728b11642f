;; A command with a //go:wasmexport function: TinyGo names its wrapper main.add#wasmexport.
(module
  (func (export "_start"))
  (func $main.add#wasmexport (export "add") (param i32 i32) (result i32)
    unreachable)
  (func $exported (export "exported") (result i32) (i32.const 7)))
