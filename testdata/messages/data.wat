;; Its data does not fit into its memory.
(module (memory 1) (data (i32.const 65535) "ab") (func (export "_start")))
