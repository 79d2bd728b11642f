;; Lists the directory / and returns to each entry by the cookie of the previous one, stored in 32 bits as in C
;; libraries for wasm32. The status is 1 if a cookie is larger, and 2 if another entry is found.
(module
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 3)

  ;; The size of a page at 0. The listing is at 65536, and the second one at 131072, with an inode and a length
  ;; after the cookie of each entry.
  (func (export "_start")
    (local $at i32) (local $end i32) (local $cookie i64)
    (drop (call $fd_readdir (i32.const 3) (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 0)))
    (local.set $at (i32.const 65536))
    (local.set $end (i32.add (local.get $at) (i32.load (i32.const 0))))
    (loop $entries
      (drop (call $fd_readdir
        (i32.const 3) (i32.const 131072) (i32.const 512) (local.get $cookie) (i32.const 0)))
      (if (i64.ne (i64.load offset=8 (local.get $at)) (i64.load (i32.const 131080)))
        (then (call $proc_exit (i32.const 2))))
      (local.set $cookie (i64.load (local.get $at)))
      (if (i64.gt_u (local.get $cookie) (i64.const 0x7fffffff))
        (then (call $proc_exit (i32.const 1))))
      (local.set $at (i32.add (i32.add (local.get $at) (i32.const 24))
        (i32.load offset=16 (local.get $at))))
      (br_if $entries (i32.lt_u (local.get $at) (local.get $end))))))
