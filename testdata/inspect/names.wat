;; Functions with names as TinyGo and old versions of official Go write them, and exports of all kinds. The body sizes differ.
(module
  (memory (export "memory") 1 4)
  (table (export "table") 3 funcref)
  (global (export "base") i32 (i32.const 0))
  (func (@name "(*github.com/a/b.T).Run") (export "run") (param f64 i32 i32) (result f64) nop nop nop nop nop local.get 0)
  (func (@name "slices.Sort[github.com/a/b.T]") nop nop nop nop)
  (func (@name "runtime.alloc") nop nop nop)
  (func (@name "malloc.command_export") (export "malloc") nop nop)
  (func (@name "posix_memalign") (export "posix_memalign") nop)
  (func (@name "github.com_x_y.__T_.Run"))
  (func (@name "github.com_x_y.Do.func1"))
  (func (@name "internal_poll.__FD_.Read"))
  (func (@name "syscall.seek") (export "syscall.seek")))
