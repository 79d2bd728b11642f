;; A TinyGo module, identified by its producers section, built with -target=wasm-unknown.
(module
  (memory (export "memory") 1)
  (func (export "length") (param i32 i32) (result i32) (local.get 1))
  (@custom "producers" (after last) "\01\0cprocessed-by\01\06TinyGo\060.34.0"))
