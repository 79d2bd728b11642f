;; Grows its memory.
(module
  (memory (export "memory") 1)
  (memory $second 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_both") (param i32) (result i32 i32)
    (memory.grow (local.get 0))
    (memory.grow $second (local.get 0)))
  ;; As TinyGo does: request the size, then half of it, then panic.
  (func (export "alloc") (param i32) (result i32)
    (if (i32.ne (memory.grow (local.get 0)) (i32.const -1)) (then (return (i32.const 1))))
    (if (i32.ne (memory.grow (i32.div_u (local.get 0) (i32.const 2))) (i32.const -1))
      (then (return (i32.const 2))))
    unreachable)
  ;; A refused growth, a granted one, and a trap that is unrelated to both.
  (func (export "recovers") (param i32) (result i32)
    (drop (memory.grow (local.get 0)))
    (drop (memory.grow (i32.const 1)))
    unreachable)
  ;; A refused growth, and a division by zero.
  (func (export "divides") (param i32) (result i32)
    (drop (memory.grow (local.get 0)))
    (i32.div_u (i32.const 1) (i32.const 0))))
