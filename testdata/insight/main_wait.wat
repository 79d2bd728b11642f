;; A program that deadlocks like one of TinyGo: main waits, and then a goroutine does.
(module
  (type $goroutine (func))
  (table funcref (elem $runtime.run$1 $main.worker))
  (func $asyncify_start_unwind (export "asyncify_start_unwind") (param i32))
  (func $internal/task.Pause (call $asyncify_start_unwind (i32.const 0)))
  (func $main.receive (call $internal/task.Pause))
  (func $main.main (call $main.receive))
  (func $runtime.run$1 (call $main.main))
  (func $main.worker (call $internal/task.Pause))
  (func $runtime.deadlock unreachable)
  (func $runtime.scheduler
    (call_indirect (type $goroutine) (i32.const 0))
    (call_indirect (type $goroutine) (i32.const 1))
    (call $runtime.deadlock))
  (func $_start (export "_start") (call $runtime.scheduler)))
