;; A program whose only entry is its start function. It exports only its memory.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; One buffer: the address 8 and the length 8.
  (data (i32.const 0) "\08\00\00\00\08\00\00\00started\n")
  (start $main)
  (func $main
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
