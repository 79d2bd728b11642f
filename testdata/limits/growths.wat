;; Grows its memory and its table repeatedly, whether or not that succeeds.
(module
  (memory (export "small") 1 2)
  (memory $open 1)
  (table $t 1 funcref)
  (func (export "memory") (param i32) (result i32)
    (loop $again
      (drop (memory.grow $open (i32.const 1)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (i32.const 1))
  (func (export "table") (param i32) (result i32)
    (loop $again
      (drop (table.grow $t (ref.null func) (i32.const 1)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (i32.const 1))
  ;; Growths that fail or succeed without the limiter.
  (func (export "beyond_maximum") (param i32) (result i32)
    (loop $again
      (drop (memory.grow (i32.const 5)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (memory.grow (i32.const 1)))
  (func (export "by_zero") (param i32) (result i32)
    (loop $again
      (drop (memory.grow $open (i32.const 0)))
      (drop (table.grow $t (ref.null func) (i32.const 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (memory.grow $open (i32.const 0)))
  (func (export "table_beyond_maximum") (param i32) (result i32)
    (loop $again
      (drop (table.grow $t (ref.null func) (i32.const -1)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))
    (table.grow $t (ref.null func) (i32.const 1))))
