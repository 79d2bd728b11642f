;; Everything that a module can contain besides the instrumentation: two memories, globals, results of
;; several types, branch tables, and exports with names like those that instrumentation adds.
(module
  (memory (export "memory") 1)
  (memory $other (export "tinyrun.slots") 1 8)
  (global $count (export "tinyrun.top") (mut i32) (i32.const 5))
  (func $step (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))

  (func (export "two") (param i32) (result i32 i64)
    (call $step (local.get 0))
    (i64.const 7)
    (br_if 0 (local.get 0))
    (drop) (drop)
    (i32.const -1) (i64.const -1))

  (func $turn (param i32)
    (loop $again
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (global.set $count (call $step (global.get $count)))
      (br_table $again 1 0 (i32.and (local.get 0) (i32.const 3)))))
  (func (export "pick") (param i32) (result i32)
    (call $turn (local.get 0))
    (global.get $count))

  (func (export "grow") (result i32 i32 i32)
    (drop (memory.grow $other (i32.const 3)))
    (i32.store $other (i32.const 200000) (i32.const 77))
    (drop (memory.grow (i32.const 1)))
    (memory.size) (memory.size $other) (i32.load $other (i32.const 200000))))
