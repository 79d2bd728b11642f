;; Exports what needs.wat imports.
(module
  (func (export "fetch") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "say.it") (param i32 i32 i32 i32)))
