;; Reads a string in the importing program's memory.
(module
  (import "main" "memory" (memory 1))
  (func (export "log") (param i32 i32 i32) (drop (i32.load8_u (local.get 1)))))
