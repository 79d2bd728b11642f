// Fails in the way that its argument names.
package main

import (
	"errors"
	"os"
	"time"
)

type node struct {
	next  *node
	value int
}

//go:noinline
func deref(n *node) int {
	return n.next.value
}

type list []int

//go:noinline
func (l *list) at(i int) int {
	return (*l)[i]
}

//go:noinline
func divide(a, b int) int {
	return a / b
}

//go:noinline
func descend(n int) int {
	if n == 0 {
		return deref(&node{})
	}
	return descend(n-1) + 1
}

//go:noinline
func exhaust(n int) int {
	var buffer [64]byte
	buffer[n%64] = byte(n)
	return exhaust(n+1) + int(buffer[(n+1)%64])
}

//go:noinline
func spin() {
	for n := 0; ; n++ {
		if n == -1 {
			println("never")
		}
	}
}

//export burst
func burst(n int32) int32 {
	return int32(divide(1, int(n)))
}

var kept [][]byte

func main() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case "nil":
		println(deref(&node{}))
	case "method":
		println((&list{1, 2}).at(len(os.Args)))
	case "divide":
		println(divide(1, len(os.Args)-2))
	case "panic":
		panic(errors.New("on purpose"))
	case "map":
		var m map[string]int
		m["a"] = 1
	case "recursion":
		println(descend(100))
	case "stack":
		println(exhaust(0))
	case "goroutine":
		results := make(chan int)
		go func() {
			time.Sleep(time.Millisecond)
			results <- deref(&node{})
		}()
		println(<-results)
	case "deadlock":
		<-make(chan int)
	case "memory":
		for {
			kept = append(kept, make([]byte, 1<<20))
		}
	case "spin":
		spin()
	}
}
