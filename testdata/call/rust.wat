;; Strings through alloc and dealloc, as programs in Rust export them; `balance` is the number of bytes not yet freed.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (global $balance (mut i32) (i32.const 0))
  (func (export "alloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (global.set $balance (i32.add (global.get $balance) (local.get $size))))
  (func (export "dealloc") (param $at i32) (param $size i32)
    (global.set $balance (i32.sub (global.get $balance) (local.get $size))))
  (func (export "balance") (result i32) (global.get $balance))
  (func (export "length") (param i32 i32) (result i32) (local.get 1))
  ;; The string itself, which the caller must free.
  (func (export "same") (param i32 i32) (result i32 i32) (local.get 0) (local.get 1)))
