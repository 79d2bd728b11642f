;; No names, no memory, and a start function that traps.
(module
  (global (mut i32) (i32.const 0))
  (func unreachable)
  (func call 0)
  (start 1)
  (func (export "_start")))
