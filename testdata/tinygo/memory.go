// Allocates the number of MiB in its argument and keeps them.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	var kept [][]byte
	for i := 0; i < n; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
	fmt.Println("kept", len(kept))
}
