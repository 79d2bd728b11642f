;; Provides a function by calling that of another module, after its runtime was started.
(module
  (import "base" "fetch" (func $fetch (param i32 i32) (result i32)))
  (global $started (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $started (i32.const 1000)))
  (func (export "fetch") (param i32 i32) (result i32)
    (i32.add (global.get $started) (call $fetch (local.get 0) (local.get 1)))))
