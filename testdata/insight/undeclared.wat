;; Invalid: the function to which the code refers is declared only by `start`.
(module (func $start) (start $start) (func (export "_start") (drop (ref.func $start))))
