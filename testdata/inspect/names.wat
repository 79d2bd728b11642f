;; Functions with names as compilers write them, and exports of all kinds. The body sizes differ.
(module
  (memory (export "memory") 1 4)
  (table (export "table") 3 funcref)
  (global (export "base") i32 (i32.const 0))
  (func (@name "(*github.com/a/b.T).Run") (export "run") (param f64 i32 i32) (result f64) nop nop nop nop nop local.get 0)
  (func (@name "slices.Sort[github.com/a/b.T]") nop nop nop nop)
  (func (@name "runtime.alloc") nop nop nop)
  (func (@name "malloc.command_export") (export "malloc") nop nop)
  (func (@name "posix_memalign") (export "posix_memalign") nop)
  (func (@name "syscall.seek") (export "syscall.seek")))
