;; Creates the file a and the directory b in the first mounted directory and prints a line, or exits with the errno.
;; Then returns, traps with one argument, and computes forever with two.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\08\00\00\00")
  (data (i32.const 16) "created\0a")
  (data (i32.const 32) "ab")
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
  (func (export "_start")
    (call $check (call $path_open
      (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 1)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64)))
    (call $check (call $path_create_directory (i32.const 3) (i32.const 33) (i32.const 1)))
    (call $check (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $check (call $args_sizes_get (i32.const 64) (i32.const 68)))
    (if (i32.eq (i32.load (i32.const 64)) (i32.const 2)) (then (unreachable)))
    (if (i32.eq (i32.load (i32.const 64)) (i32.const 3)) (then (loop $forever (br $forever))))))
