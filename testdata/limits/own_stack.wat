;; A recursion that uses up the program's own stack in linear memory. Like TinyGo's, it lies at the bottom, below the
;; data.
(module
  (memory (export "memory") 2)
  (data (i32.const 65536) "panic: runtime error: ")
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func $main.down (param $depth i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 32)))
    (i32.store (global.get $__stack_pointer) (local.get $depth))
    (if (local.get $depth) (then (call $main.down (i32.sub (local.get $depth) (i32.const 1)))))
    (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 32))))
  (func (export "down") (param $depth i32) (call $main.down (local.get $depth)))
  ;; Another access outside memory.
  (func (export "wild") (drop (i32.load (i32.const -4)))))
