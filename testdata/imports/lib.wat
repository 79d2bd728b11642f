;; Exports what order.wat imports.
(module
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (global (export "base") i32 (i32.const 40))
  (func (export "bump") (result i32) (i32.add (i32.load8_u (i32.const 100)) (i32.const 2))))
