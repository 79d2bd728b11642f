// Prints a line that looks like a panic, and then panics.
// tinygo flags: -panic=trap
package main

import "os"

func main() {
	os.Stdout.WriteString("panic: a line of a log file\n")
	var none *int
	println(*none)
}
