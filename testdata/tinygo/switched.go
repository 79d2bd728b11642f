// ldflags: -s

package main

import "time"

//go:noinline
func leaf(n int) int {
	for n != 0 { n = n*5 | 1 } // endless
	return n
}

func half(n int) int {
	println("computing")
	return leaf(n / 2)
}

//go:noinline
func inner(n int) int {
	time.Sleep(time.Millisecond)
	return half(n) + 1
}

//go:noinline
func outer(n int) int {
	return inner(n) + 1
}

func main() {
	defer println("main has returned")
	println(outer(6))
}
