(module (memory 2048) (func (export "_start")))
