// Exits with the status in its first argument.
package main

import (
	"os"
	"strconv"
)

func main() {
	code, _ := strconv.Atoi(os.Args[1])
	defer println("deferred functions do not run")
	os.Exit(code)
}
