;; Grows an imported memory beyond its maximum, which is less than that of the import.
(module
  (import "growths" "small" (memory 1 3))
  (import "growths" "memory" (func $memory (param i32) (result i32)))
  (func (export "memory") (param i32) (result i32) (call $memory (local.get 0)))
  (func (export "past_maximum") (loop $again (drop (memory.grow (i32.const 2))) (br $again))))
