;; Not valid: nothing but `start` speaks of the function that the code refers to.
(module (func $start) (start $start) (func (export "_start") (drop (ref.func $start))))
