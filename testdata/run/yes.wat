;; Prints "y" endlessly to standard output, or to standard error if there is an argument, like a Go program
;; that ignores the error of fmt.Println.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "y\n")
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 8) (i32.const 12)))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 2))
    (loop $again
      (drop (call $fd_write (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br $again))))
