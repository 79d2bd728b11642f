;; Imports that nothing provides, and a WASI function with a wrong type.
(module
  (import "env" "fetch" (func (param i32 i32) (result i32)))
  (import "env" "done" (func))
  (import "env" "table" (table 1 funcref))
  (import "env" "memory" (memory 1))
  (import "env" "base" (global i32))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_teleport" (func (param i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "_start")))
