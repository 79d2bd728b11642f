;; Functions with the names of the runtime functions that collect garbage.
(module
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func $runtime.runGC)
  (func (export "collect")
    (call $runtime.runGC)
    (call $runtime.runGC)
    (call $runtime.runGC)))
