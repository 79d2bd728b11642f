;; A linked module: it has a start function, and a memory with a maximum that instrumentation might use.
(module
  (memory (export "m") 1 73)
  (global $started (mut i32) (i32.const 0))
  (func $start (global.set $started (i32.const 5)))
  (start $start)
  (func (export "get") (result i32) (global.get $started))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
