;; Stores of one lane at offsets that take more than 16 bits.
(module
  (memory (export "memory") 2)
  (func (export "_start"))
  (func (export "within") (result i32)
    (v128.store8_lane offset=65536 3 (i32.const 0) (v128.const i8x16 0 0 0 77 0 0 0 0 0 0 0 0 0 0 0 0))
    (v128.store16_lane offset=65540 1 (i32.const 0) (v128.const i16x8 0 256 0 0 0 0 0 0))
    (i32.add (i32.load (i32.const 65536)) (i32.load (i32.const 65540))))
  ;; The next store must not write to the runner's memory.
  (func (export "beyond") (local v128)
    (v128.store8_lane offset=131072 0 (i32.const 0) (local.get 0))
    (i64.store (i32.const 0x13371337) (i64.const 1))))
