;; Exports whose names must be quoted in a call.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "f(x)") (result i32) (i32.const 6))
  (func (export "a b"))
  (func (export "")))
