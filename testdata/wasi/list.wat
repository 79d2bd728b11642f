;; Lists the directory / in pages of 4096 bytes, one name per line.
(module
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 24) "\n")

  ;; The used size of the page at 0, and two buffers at 8: the name and a line break.
  (func (export "_start")
    (local $cookie i64) (local $error i32) (local $at i32) (local $end i32) (local $next i32)
    (i32.store (i32.const 16) (i32.const 24))
    (i32.store (i32.const 20) (i32.const 1))
    (loop $pages
      (local.set $error (call $fd_readdir
        (i32.const 3) (i32.const 1024) (i32.const 4096) (local.get $cookie) (i32.const 0)))
      (if (local.get $error) (then (call $proc_exit (local.get $error))))
      (local.set $at (i32.const 1024))
      (local.set $end (i32.add (local.get $at) (i32.load (i32.const 0))))
      (block $cut
        (loop $entries
          ;; An entry has its cookie, its inode, the length of its name, its type, and the name.
          (br_if $cut (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))
          (local.set $next (i32.add (i32.add (local.get $at) (i32.const 24))
            (i32.load offset=16 (local.get $at))))
          (br_if $cut (i32.gt_u (local.get $next) (local.get $end)))
          (local.set $cookie (i64.load (local.get $at)))
          (i32.store (i32.const 8) (i32.add (local.get $at) (i32.const 24)))
          (i32.store (i32.const 12) (i32.load offset=16 (local.get $at)))
          (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 2) (i32.const 4)))
          (local.set $at (local.get $next))
          (br $entries)))
      (br_if $pages (i32.eq (i32.load (i32.const 0)) (i32.const 4096))))))
