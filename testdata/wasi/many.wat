;; Writes 3,000 buffers of 100 bytes each with one call. Exits with the errno, or with 1 if the count is not
;; the number of all bytes.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (local $entry i32)
    (loop $entries
      (i32.store offset=1024 (local.get $entry) (i32.const 32768))
      (i32.store offset=1028 (local.get $entry) (i32.const 100))
      (br_if $entries (i32.lt_u
        (local.tee $entry (i32.add (local.get $entry) (i32.const 8))) (i32.const 24000))))
    (memory.fill (i32.const 32768) (i32.const 120) (i32.const 100))
    (local.set $entry (call $write (i32.const 1) (i32.const 1024) (i32.const 3000) (i32.const 0)))
    (if (local.get $entry) (then (call $exit (local.get $entry))))
    (call $exit (i32.ne (i32.load (i32.const 0)) (i32.const 300000)))))
