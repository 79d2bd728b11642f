// A recursion with a variable in each frame, which TinyGo stores on a stack in linear memory.
package main

import (
	"os"
	"strconv"
)

//go:noinline
func descend(depth int, caller *[8]int) int {
	var frame [8]int
	frame[depth%8] = caller[0] + depth
	if depth == 0 {
		return frame[0]
	}
	return descend(depth-1, &frame) + 1
}

func main() {
	depth, _ := strconv.Atoi(os.Args[1])
	println(descend(depth, new([8]int)))
}
