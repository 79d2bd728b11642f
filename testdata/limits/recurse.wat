;; A recursion of the requested depth, and an endless one.
(module
  (func $depth (export "depth") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 0))
      (else (i64.add (i64.const 1) (call $depth (i64.sub (local.get 0) (i64.const 1)))))))
  (func $forever (export "forever") (call $forever) (call $forever)))
