;; Changes that a program can make in its mount to an output file of the runner, out.txt or d/out.txt.
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "out.txt")
  (data (i32.const 8) "d")
  (data (i32.const 16) "moved")
  (data (i32.const 24) "../outside")
  (data (i32.const 40) "../outside/out.txt")

  (func (export "link")
    (drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 7)))
    (call $expect (call $symlink (i32.const 40) (i32.const 18) (i32.const 3) (i32.const 0) (i32.const 7))))
  (func (export "remove")
    (call $expect (call $unlink (i32.const 3) (i32.const 0) (i32.const 7))))
  (func (export "occupy")
    (call $expect (call $mkdir (i32.const 3) (i32.const 0) (i32.const 7))))
  (func (export "swap")
    (call $expect (call $rename (i32.const 3) (i32.const 8) (i32.const 1) (i32.const 3) (i32.const 16) (i32.const 5)))
    (call $expect (call $symlink (i32.const 24) (i32.const 10) (i32.const 3) (i32.const 8) (i32.const 1))))
  (func (export "removeAll")
    (call $expect (call $rmdir (i32.const 3) (i32.const 8) (i32.const 1))))
  ;; Opens as many files as possible, and returns their number.
  (func (export "openAll") (result i32) (local $count i32)
    (loop $next
      (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 2)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $next))))
    (local.get $count))
  (func (export "spin") (loop $again (br $again)))
  (func (export "trap") unreachable)

  (func $expect (param $errno i32)
    (if (local.get $errno) (then unreachable)))
  ;; Enough work to appear in a profile.
  (func (export "work") (local $i i32)
    (loop $again
      (br_if $again (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 10000))))))
