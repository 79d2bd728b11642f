;; TinyGo imports main from the host if a program has none.
(module
  (import "env" "main.main" (func $main (param i32) (result i32)))
  (func (export "_start") (drop (call $main (i32.const 0)))))
