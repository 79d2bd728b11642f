// Copies standard input to standard output, then writes a file.
package main

import (
	"io"
	"os"
)

func main() {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		os.Exit(1)
	}
	if len(os.Args) > 1 {
		if err := os.WriteFile(os.Args[1], []byte("written\n"), 0o666); err != nil {
			os.Exit(2)
		}
	}
}
