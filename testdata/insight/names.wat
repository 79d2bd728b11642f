;; Functions named as in modules that were built with -no-debug and changed by wasm-opt.
(module
  (func $runtime.runtimePanicAt unreachable)
  (func $runtime.lookupPanic.llvm.123 call $runtime.runtimePanicAt unreachable)

  ;; main.main is inlined into the function of its goroutine.
  (func $runtime.run$1 call $runtime.lookupPanic.llvm.123 unreachable)
  (func $runtime.scheduler call $runtime.run$1)
  (func $_start (export "_start") call $runtime.scheduler)
  (func (export "_initialize"))

  ;; A function with //go:wasmexport that is inlined into its wrapper, and one that is not.
  (func $main.add#wasmexport (export "add") call $runtime.lookupPanic.llvm.123 unreachable)
  (func $main.sub#wasmexport (export "sub") call $main.sub)
  (func $main.sub call $runtime.lookupPanic.llvm.123 unreachable)

  ;; Two functions with common code, and the methods of two interfaces.
  (func $"byn$mgfn-shared$(*main.list).at" call $runtime.lookupPanic.llvm.123 unreachable)
  (func $"(*main.list).at" call $"byn$mgfn-shared$(*main.list).at")
  (func $"interface:{Get:func:{}{basic:int}}.Get$invoke" call $"(*main.list).at")
  (func $"interface:{Get:func:{}{basic:string}}.Get$invoke"
    call $"interface:{Get:func:{}{basic:int}}.Get$invoke")
  (func $"main.Map[int]$1" (export "map")
    call $"interface:{Get:func:{}{basic:string}}.Get$invoke")
)
