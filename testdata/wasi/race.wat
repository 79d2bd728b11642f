;; For three seconds, accesses paths through swap/, which another process repeatedly exchanges for a link out of the
;; mount, and through a/b/../.., while b is moved elsewhere. Exits with 1 if it reads a secret, and with 2 if it never
;; sees both the inside and a refusal, so that the test would prove nothing.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link"
    (func $path_link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times"
    (func $path_filestat_set_times (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "swap/file")
  (data (i32.const 120) "swap/planted")
  (data (i32.const 140) "a/b/../../file")
  (data (i32.const 160) "swap/.")
  (data (i32.const 180) "mine")
  (global $inside (mut i32) (i32.const 0))
  (global $refused (mut i32) (i32.const 0))

  ;; Reads a file. Its first byte shows whether it is a secret.
  (func $read (param $path i32) (param $length i32)
    (if (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))
      (then (global.set $refused (i32.const 1)) (return)))
    (i32.store (i32.const 8) (i32.const 64))
    (i32.store (i32.const 12) (i32.const 1))
    (drop (call $fd_read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 4)))
    (drop (call $fd_close (i32.load (i32.const 0))))
    (if (i32.eq (i32.load8_u (i32.const 64)) (i32.const 83)) ;; S
      (then (call $proc_exit (i32.const 1))))
    (global.set $inside (i32.const 1)))

  ;; The size of the file at a path: 6 for a secret, 1 for every file inside.
  (func $size (param $path i32) (param $length i32)
    (if (i32.eqz (call $path_filestat_get
          (i32.const 3) (i32.const 1) (local.get $path) (local.get $length) (i32.const 200)))
      (then (if (i64.eq (i64.load (i32.const 232)) (i64.const 6))
        (then (call $proc_exit (i32.const 1)))))))

  (func (export "_start")
    (loop $again
      (call $read (i32.const 100) (i32.const 9))
      (call $read (i32.const 140) (i32.const 14))
      (call $size (i32.const 100) (i32.const 9))
      ;; A change through swap/ must affect only files inside.
      (if (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 120) (i32.const 12)
            (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
        (then (drop (call $fd_close (i32.load (i32.const 0))))))
      (drop (call $path_unlink_file (i32.const 3) (i32.const 120) (i32.const 12)))
      (drop (call $path_create_directory (i32.const 3) (i32.const 120) (i32.const 12)))
      (drop (call $path_symlink (i32.const 180) (i32.const 4)
        (i32.const 3) (i32.const 120) (i32.const 12)))
      (drop (call $path_link (i32.const 3) (i32.const 0) (i32.const 180) (i32.const 4)
        (i32.const 3) (i32.const 120) (i32.const 12)))
      (drop (call $path_rename (i32.const 3) (i32.const 180) (i32.const 4)
        (i32.const 3) (i32.const 120) (i32.const 12)))
      (drop (call $path_rename (i32.const 3) (i32.const 120) (i32.const 12)
        (i32.const 3) (i32.const 180) (i32.const 4)))
      (drop (call $path_filestat_set_times (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 9)
        (i64.const 1) (i64.const 1) (i32.const 5)))
      (drop (call $path_filestat_set_times (i32.const 3) (i32.const 0) (i32.const 160) (i32.const 6)
        (i64.const 1) (i64.const 1) (i32.const 5)))
      (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 16)))
      (br_if $again (i64.lt_u (i64.load (i32.const 16)) (i64.const 3000000000))))
    (if (i32.eqz (i32.and (global.get $inside) (global.get $refused)))
      (then (call $proc_exit (i32.const 2))))))
