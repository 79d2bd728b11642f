;; for {}
(module (func (export "_start") (loop $for (br $for))))
