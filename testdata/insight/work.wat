;; Work for a profile: most of it is in main.heavy, under two callers.
(module
  (memory (export "memory") 1)
  (func $main.heavy (param $rounds i32)
    (loop $again
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (local.get $rounds))))
  (func $main.often (call $main.heavy (i32.const 300000)))
  (func $main.seldom (call $main.heavy (i32.const 100000)))
  (func $main.main (export "_start") (call $main.often) (call $main.seldom))
  (func $main.fails (export "fails") (call $main.often) unreachable)
  (func $"main.escaped;<b>&\"quoted\"" (export "escaped") (call $main.heavy (i32.const 100000))))
