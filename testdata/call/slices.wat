;; Slices as TinyGo passes and returns them: as address, length and capacity, or through a hidden first parameter.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4097))
  (data (i32.const 16) "\01\00\00\00\fe\ff\ff\ff\03\00\00\00")
  (data (i32.const 32) "\00\00\80\3f\00\00\c0\7f")
  (data (i32.const 48) "ab")
  ;; Two strings: "ab" and "b".
  (data (i32.const 64) "\30\00\00\00\02\00\00\00\31\00\00\00\01\00\00\00")
  ;; Addresses are odd, so the caller must align a slice.
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (i32.or (i32.add (global.get $next) (local.get $size)) (i32.const 1)) (i32.const 2))))
  (func (export "free") (param i32))

  ;; The sum of a []int32. Traps if it is not aligned.
  (func $sum (export "sum") (param $at i32) (param $length i32) (param $capacity i32) (result i32)
    (local $sum i32)
    (if (i32.and (local.get $at) (i32.const 3)) (then unreachable))
    (if (i32.ne (local.get $length) (local.get $capacity)) (then unreachable))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  ;; The same for an address and a length.
  (func (export "sum_pair") (param i32 i32) (result i32)
    (call $sum (local.get 0) (local.get 1) (local.get 1)))
  ;; The byte at an index of a slice's memory.
  (func (export "byte_at") (param $at i32) (param $length i32) (param $capacity i32) (param $index i32) (result i32)
    (i32.load8_u (i32.add (local.get $at) (local.get $index))))
  ;; The second of several strings, through memory.
  (func (export "second") (param $result i32) (param $at i32) (param $length i32) (param $capacity i32)
    (i64.store (local.get $result) (i64.load offset=8 (local.get $at))))

  (func (export "numbers") (param $result i32)
    (i32.store (local.get $result) (i32.const 16))
    (i32.store offset=4 (local.get $result) (i32.const 3)))
  (func (export "floats") (result i32 i32) (i32.const 32) (i32.const 2))
  (func (export "strings") (result i64) (i64.const 0x4000000002))
  (func (export "outside") (result i64) (i64.const 0x1000010000))
  ;; A struct { a int8; b int64; s string; ok bool }.
  (func (export "fields") (param $result i32)
    (i32.store8 (local.get $result) (i32.const 0xff))
    (i64.store offset=8 (local.get $result) (i64.const -5))
    (i32.store offset=16 (local.get $result) (i32.const 48))
    (i32.store offset=20 (local.get $result) (i32.const 2))
    (i32.store8 offset=24 (local.get $result) (i32.const 1)))
  (func (export "divmod") (param i32 i32) (result i32 i32)
    (i32.div_s (local.get 0) (local.get 1)) (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "narrow") (result i32) (i32.const 0x1ff))
  (func (export "is_e") (param i32) (result i32) (i32.eq (local.get 0) (i32.const 233))))
