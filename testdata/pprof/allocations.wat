;; Allocates like a TinyGo program: the first parameter of runtime.alloc is the size.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (type $function (func))
  (table funcref (elem $main.seldom))
  (func (export "_start") (call $main.main))
  (func (export "next") (result i32) (global.get $next))
  (func $main.main
    (call $main.often (i32.const 100))
    (call_indirect (type $function) (i32.const 0))
    (drop (call $runtime.alloc (i32.const 0) (i32.const 0))))
  (func $main.often (param $left i32)
    (loop
      (call $runtime.sliceAppend)
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $main.seldom
    (drop (call $runtime.alloc (i32.const 5000) (i32.const 0))))
  (func $runtime.sliceAppend
    (drop (call $runtime.alloc (i32.const 16) (i32.const 0))))
  (func $runtime.alloc (param $size i32) (param $layout i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size)))))
