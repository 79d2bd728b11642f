;; Half of its work is done by a function with the name of TinyGo's collector.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (call $main.work (i32.const 20000))
    (call $runtime.runGC (i32.const 20000)))
  (func $main.work (param $left i32)
    (loop (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func $runtime.runGC (param $left i32)
    (loop (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
