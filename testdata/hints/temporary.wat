;; os.CreateTemp as official Go does it where nothing is mounted as /tmp: opens /tmp/no-such1, or exits with the errno.
(module
  (@custom "go:buildid" "any")
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "/tmp/no-such1")
  (func (export "_start") (local $start i32)
    (local.set $start (select (i32.const 0) (i32.const 5)
      (call $fd_prestat_get (i32.const 3) (i32.const 64))))
    (call $proc_exit (call $path_open
      (i32.const 3) (i32.const 0)
      (i32.add (i32.const 16) (local.get $start)) (i32.sub (i32.const 13) (local.get $start))
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 96)))))
