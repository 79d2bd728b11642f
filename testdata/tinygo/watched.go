// Reads a file, fails to read another, sleeps and prints, for a trace and the statistics of a run.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	text, err := os.ReadFile("/data/notes")
	if err != nil {
		os.Exit(1)
	}
	if _, err := os.ReadFile("/data/none"); err == nil {
		os.Exit(2)
	}
	time.Sleep(time.Millisecond)
	fmt.Printf("%d bytes\n", len(text))
}
