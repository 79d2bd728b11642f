;; Has the exports of TinyGo's runtime, and returns the size of its memory in pages.
(module
  (memory (export "memory") 2 64)
  (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "free") (param i32))
  (func (export "calloc") (param i32 i32) (result i32) (i32.const 0))
  (func (export "realloc") (param i32 i32) (result i32) (i32.const 0))
  (func (export "pages") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "last_byte") (result i32)
    (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))))
