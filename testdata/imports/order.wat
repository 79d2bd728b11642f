;; Imports of several kinds in mixed order.
(module
  (import "lib" "base" (global $base i32))
  (import "lib" "memory" (memory 1))
  (import "lib" "bump" (func $bump (result i32)))
  (import "lib" "table" (table 1 funcref))
  (func (export "f") (result i32)
    (i32.store (i32.const 0) (i32.add (global.get $base) (call $bump)))
    (i32.load (i32.const 0))))
