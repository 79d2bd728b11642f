;; Traps before there is an instance.
(module (start $start) (func $start unreachable) (func (export "_start")))
