;; Counts down from its argument in two functions. The second is translated during the run.
(module
  (func (export "count") (param i32) (result i32)
    (loop $down
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $down (local.get 0)))
    (call $then))
  (func $then (result i32) (i32.const 1)))
