;; Takes an argument and returns its length.
(module
  (memory (export "memory") 2)
  (func (export "malloc") (param i32) (result i32) (i32.const 65536))
  (func (export "free") (param i32))
  (func (export "length") (param i32 i32) (result i32) (local.get 1)))
