;; A command whose main exits with 3, and an export that would work.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "_start") (call $proc_exit (i32.const 3)))
  (func (export "one") (result i32) (i32.const 1)))
