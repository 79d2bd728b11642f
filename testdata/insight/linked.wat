;; What is linked: it starts by itself, and has a memory whose maximum is one that the runner might choose.
(module
  (memory (export "m") 1 73)
  (global $started (mut i32) (i32.const 0))
  (func $start (global.set $started (i32.const 5)))
  (start $start)
  (func (export "get") (result i32) (global.get $started))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
