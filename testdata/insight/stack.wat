;; Functions that trap in each way, with names like TinyGo's.
(module
  (memory (export "memory") 1)
  (type $unary (func (param i32) (result i32)))
  (table funcref (elem $main.half $main.deref))
  (func $runtime.abort unreachable)
  (func $runtime.nilPanic call $runtime.abort unreachable)

  (func $main.deref (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then call $runtime.nilPanic unreachable))
    (i32.load (local.get 0)))
  (func $main.half (param i32) (result i32)
    (i32.div_s (i32.const 100) (local.get 0)))
  (func $"(*main.list).at$invoke" (param i32) (result i32)
    (i32.add (call $main.deref (local.get 0)) (i32.const 1)))

  ;; Through a call, and through a method.
  (func $main.direct (export "direct") (param i32) (result i32)
    (i32.add (call $main.deref (local.get 0)) (i32.const 1)))
  (func $main.method (export "method") (param i32) (result i32)
    (i32.add (call $"(*main.list).at$invoke" (local.get 0)) (i32.const 1)))

  ;; Through a table: the function at 0 divides by its argument, the one at 1 loads.
  (func $main.indirect (export "indirect") (param i32 i32) (result i32)
    (i32.add (call_indirect (type $unary) (local.get 1) (local.get 0)) (i32.const 1)))

  ;; Recursion of one and of two functions that ends in a trap.
  (func $main.down (export "down") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then call $runtime.nilPanic unreachable))
    (i32.add (call $main.down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $main.even (export "even") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then call $runtime.nilPanic unreachable))
    (i32.add (call $main.odd (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $main.odd (param i32) (result i32)
    (i32.add (call $main.even (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  ;; Endless recursion.
  (func $main.forever (export "forever") (result i32)
    (i32.add (call $main.forever) (i32.const 1)))

  ;; A tail call leaves no frame.
  (func $main.tail (export "tail") (param i32) (result i32)
    (return_call $main.direct (local.get 0)))

  ;; Calls that have returned leave no frames.
  (func $main.later (export "later") (param i32) (result i32)
    (drop (call $main.direct (i32.const 8)))
    (i32.add (call $main.second (local.get 0)) (i32.const 1)))
  (func $main.second (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then call $runtime.nilPanic unreachable))
    (i32.const 1))

  (func $main.spin (loop $again (br $again)))
  (func $main.main (export "spin") call $main.spin)
)
