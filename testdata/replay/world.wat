;; Everything that differs between runs: the time and random bytes. The sleep takes an hour.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (func (export "now") (result i64)
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))
    (i64.load (i32.const 0)))

  ;; Eight bytes at address 0.
  (func (export "random") (result i32 i32)
    (drop (call $random_get (i32.const 0) (i32.const 8)))
    (i32.const 0) (i32.const 8))

  ;; One subscription, to the monotonic clock.
  (func (export "sleep") (param $seconds i64)
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.mul (local.get $seconds) (i64.const 1000000000)))
    (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 0)))))
