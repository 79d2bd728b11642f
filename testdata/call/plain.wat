;; As built for -target=wasm-unknown: a memory and no malloc.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "plain")
  (func (export "text") (result i64) (i64.const 0x1000000005)))
