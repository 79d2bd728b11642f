// A recursion of the depth in its argument.
package main

import (
	"fmt"
	"os"
	"strconv"
)

//go:noinline
func depth(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + depth(n-1)
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	fmt.Println(depth(n))
}
