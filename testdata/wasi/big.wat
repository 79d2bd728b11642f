;; Writes 300,000 bytes with one call and, like TinyGo's (*os.File).Write, takes any count for all of them.
;; Exits with the errno.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 6)
  (data (i32.const 0) "\00\00\01\00\e0\93\04\00")
  (func (export "_start")
    (memory.fill (i32.const 65536) (i32.const 120) (i32.const 300000))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
