;; A program with imports from its host.
(module
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "fetch" (func $fetch (param i32 i32) (result i32)))
  (import "env" "say.it" (func $say (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "main ranhost")
  (func (export "_start") (call $log (i32.const 16) (i32.const 8)))
  (func (export "ask") (result i32) (call $fetch (i32.const 1) (i32.const -2)))
  (func (export "say") (call $say (i32.const 16) (i32.const 4) (i32.const 24) (i32.const 4)))
  (func (export "shout") (param i32 i32) (call $log (local.get 0) (local.get 1))))
