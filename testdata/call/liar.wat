;; A module whose exports do not behave as their names suggest.
(module
  (memory (export "memory") 1)
  (func (export "malloc") (param i64) (result i64) (i64.const 0))
  (func (export "free") (param i32))
  (func (export "length") (param i32 i32) (result i32) (local.get 1)))
