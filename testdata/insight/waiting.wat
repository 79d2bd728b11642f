;; A reactor whose exports panic like a program of TinyGo. The first one waits.
(module
  (func $runtime.nilPanic unreachable)
  (func $internal/task.Pause (call $runtime.nilPanic))
  (func $main.wait (export "wait") (call $internal/task.Pause))
  (func $main.deref (export "deref") (call $runtime.nilPanic))
  (func (export "_initialize")))
