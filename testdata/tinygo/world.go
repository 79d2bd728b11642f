// Prints its arguments, its environment and a file.
package main

import (
	"fmt"
	"os"
)

func main() {
	for i, arg := range os.Args {
		fmt.Printf("arg %d: %q\n", i, arg)
	}
	for _, variable := range os.Environ() {
		fmt.Printf("env %q\n", variable)
	}
	if len(os.Args) > 1 {
		text, err := os.ReadFile(os.Args[1])
		if err != nil {
			fmt.Println("no file")
			os.Exit(1)
		}
		fmt.Printf("file %q\n", text)
	}
}
