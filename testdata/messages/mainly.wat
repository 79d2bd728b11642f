;; A program that succeeds, with an export.
(module
  (func (export "_start"))
  (func (export "answer") (result i32) i32.const 42))
