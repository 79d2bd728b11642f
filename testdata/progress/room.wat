;; Room for 9 MiB, which malloc takes two seconds to find and talks about once `slow` was called.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 160)
  (global $slow (mut i32) (i32.const 0))
  (data (i32.const 0) "\10\00\00\00\09\00\00\00")                ;; one iovec
  (data (i32.const 16) "no hurry\n")
  (data (i32.const 48) "\01\00\00\00\00\00\00\00\00\94\35\77")   ;; the monotonic clock, in 2e9 nanoseconds
  (func (export "slow") (global.set $slow (i32.const 1)))
  (func (export "malloc") (param $size i32) (result i32)
    (if (global.get $slow) (then
      (drop (call $poll_oneoff (i32.const 32) (i32.const 96) (i32.const 1) (i32.const 128)))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 128)))))
    (i32.const 65536))
  (func (export "free") (param i32))
  (func (export "length") (param i32 i32) (result i32) (local.get 1)))
