;; Asks for more memory, and for more table, over and over, whatever the answer is.
(module
  (memory 1 2)
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
  ;; Growths that the engine refuses by itself, or that are none.
  (func (export "past_maximum") (loop $again (drop (memory.grow (i32.const 5))) (br $again)))
  (func (export "by_nothing") (loop $again (drop (memory.grow $open (i32.const 0))) (br $again))))
