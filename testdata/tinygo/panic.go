// Panics in the way that its argument names.
package main

import "os"

type node struct{ next *node }

func init() {
	if len(os.Args) > 1 && os.Args[1] == "init" {
		panic("in init")
	}
}

func main() {
	zero, list := 0, []int{1}
	var none *node
	switch os.Args[1] {
	case "custom":
		panic("on purpose")
	case "nil":
		println(none.next.next)
	case "index":
		println(list[zero+len(list)])
	case "divide":
		println(1 / zero)
	case "recover":
		println("recovered", recovered())
	}
}

func recovered() (value any) {
	defer func() { value = recover() }()
	panic("on purpose")
}
