;; The program in shop/, as a compiler could translate it. `(drop (i32.const LINE))` begins the code of a line of main.go,
;; or of calc/calc.go if it is above 1000. The test writes debug information from these.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)

  (func $double (param i32) (result i32)
    (drop (i32.const 1004))
    (i32.add (local.get 0) (local.get 0)))

  (func $clamp (param i32 i32) (result i32)
    (drop (i32.const 1007))
    (drop (i32.const 1008))
    (if (i32.gt_s (local.get 0) (local.get 1))
      (then
        (drop (i32.const 1009))
        (return (local.get 1))))
    (drop (i32.const 1011))
    (local.get 0))

  (func $main (export "_start") (local $total i32) (local $i i32)
    (drop (i32.const 9))
    (drop (i32.const 10))
    (local.set $total (i32.const 0))
    (drop (i32.const 11))
    (local.set $i (i32.const 0))
    (loop $next
      (drop (i32.const 12))
      (local.set $total
        (i32.add (local.get $total) (call $clamp (call $double (local.get $i)) (call $limit))))
      (drop (i32.const 11))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (i32.const 3))))
    (drop (i32.const 14))
    (block $small
      (br_if $small (i32.le_s (local.get $total) (i32.const 100)))
      (drop (i32.const 15))
      (call $print (local.get $total)))
    (drop (i32.const 17)))

  (func $limit (result i32)
    (drop (i32.const 19))
    (i32.const 9))

  (func $print (param i32))

  (func $fail (export "fail")
    (drop (i32.const 21))
    (drop (i32.const 22))
    (call $panic)
    (drop (i32.const 23))
    (call $print (i32.const 0)))

  (func $panic
    (unreachable))

  (func $quit (export "quit")
    (drop (i32.const 26))
    (drop (i32.const 27))
    (call $exit (i32.const 3))
    (drop (i32.const 28))
    (call $print (i32.const 0)))

  (func $spin (export "spin")
    (drop (i32.const 31))
    (drop (i32.const 32))
    (loop $next
      (drop (i32.const 33))
      (drop (call $limit))
      (br $next))))
