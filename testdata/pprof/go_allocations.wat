;; Allocates like a program of official Go: the size is above the return address on a stack in linear memory.
(module
  (memory (export "memory") 1)
  (global $sp (mut i32) (i32.const 4096))
  (type $function (func (param $block i32) (result i32)))
  (table funcref (elem $runtime.mallocgc $runtime.mallocgcTiny))
  (func (export "_start")
    (drop (call $main.main (i32.const 0)))
    (call $wasm_pc_f_loop))
  ;; Its stack pointer is outside memory.
  (func $main.wild (export "wild") (result i32)
    (global.set $sp (i32.const -8))
    (call $runtime.newobject (i32.const 0)))
  (func $main.main (type $function)
    (i64.store offset=8 (global.get $sp) (i64.const 24))
    (call $runtime.newobject (i32.const 0)))
  (func $runtime.newobject (type $function)
    (call $runtime.mallocgc (i32.const 0)))
  ;; Part of the same allocation.
  (func $runtime.mallocgc (type $function)
    (call_indirect (type $function) (i32.const 0) (i32.const 1)))
  (func $runtime.mallocgcTiny (type $function)
    (call $runtime.mallocgc.func1 (i32.const 0)))
  (func $runtime.mallocgc.func1 (type $function) (i32.const 7))
  ;; Calls a function again after its stack was grown.
  (func $wasm_pc_f_loop
    (drop (call_indirect (type $function) (i32.const 0) (i32.const 0)))))
