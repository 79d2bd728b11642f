;; Like TinyGo's programs after optimization: runtime.runGC is inlined, and markRoots is called for the stack and then
;; for the globals.
(module
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func $runtime.markRoots (param $start i32) (param $end i32))
  (func $runtime.alloc (export "alloc")
    (call $runtime.markRoots (i32.const 65000) (i32.const 65536))
    (call $runtime.markRoots (i32.const 65536) (i32.const 66928))))
