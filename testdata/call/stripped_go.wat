;; A module of official Go, identified by its custom section, without an allocator.
(module
  (memory (export "memory") 1)
  (func (export "_initialize"))
  (func (export "length") (param i32 i32) (result i32) (local.get 1))
  (@custom "go:buildid" (after last) "\ff Go build ID: \22x\22"))
