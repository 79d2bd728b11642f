;; Prints when it is started.
(module
  (import "env" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "started")
  (table (export "t") 2 funcref)
  (func (export "f") (param i32))
  (func $start (call $log (i32.const 0) (i32.const 7)))
  (start $start))
