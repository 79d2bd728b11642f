;; os.Stat("old") in the first mounted directory; exits with the errno.
(module
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "old")
  (func (export "_start")
    (call $proc_exit
      (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 64)))))
