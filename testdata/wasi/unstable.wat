;; The calls of wasi_unstable that differ from preview 1, on the file notes.txt in the first mount.
(module
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "notes.txt")
  ;; The buffer of fd_write: 6 bytes at 88.
  (data (i32.const 80) "\58\00\00\00\06\00\00\00hello\n")
  ;; Two subscriptions: user data, tag, then an identifier, a clock and a timeout, or a descriptor.
  (data (i32.const 256) "\07\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\09\00\00\00\00\00\00\00"
    "\01\00\00\00\00\00\00\00" "\40\42\0f\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00")
  (data (i32.const 312) "\08\00\00\00\00\00\00\00" "\02\00\00\00\00\00\00\00" "\01\00\00\00")
  (func $errno (param i32) (if (local.get 0) (then unreachable)))
  (func (export "hello")
    (call $errno (call $fd_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 0))))
  (func (export "open") (result i32)
    (call $errno (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 9) (i32.const 0)
      (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0)))
    (i32.load (i32.const 0)))
  ;; The order of the codes is current position, end, start.
  (func (export "seek") (param $offset i64) (param $whence i32) (result i64)
    (call $errno (call $fd_seek (i32.const 4) (local.get $offset) (local.get $whence) (i32.const 0)))
    (i64.load (i32.const 0)))
  (func (export "stat") (result i32 i64)
    (call $errno (call $fd_filestat_get (i32.const 4) (i32.const 512)))
    (i32.load (i32.const 532)) (i64.load (i32.const 536)))
  (func (export "stat_path") (result i32 i64)
    (call $errno (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 9) (i32.const 512)))
    (i32.load (i32.const 532)) (i64.load (i32.const 536)))
  ;; Returns the number of events, and the user data of the first.
  (func (export "poll") (param $first i32) (param $count i32) (result i32 i64)
    (call $errno (call $poll_oneoff (local.get $first) (i32.const 512) (local.get $count) (i32.const 0)))
    (i32.load (i32.const 0)) (i64.load (i32.const 512))))
