;; A module whose exports are not what their names promise.
(module
  (memory (export "memory") 1)
  (func (export "malloc") (param i64) (result i64) (i64.const 0))
  (func (export "free") (param i32))
  (func (export "length") (param i32 i32) (result i32) (local.get 1)))
