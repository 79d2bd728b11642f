;; Traps during instantiation.
(module (start $start) (func $start unreachable) (func (export "_start")))
