// Prints the files in its arguments, or config.json. Writes a file whose name begins with `new`.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = []string{"config.json"}
	}
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "new") {
			check(os.WriteFile(name, []byte("written\n"), 0o644))
		}
		text, err := os.ReadFile(name)
		check(err)
		os.Stdout.Write(text)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println("failed")
		os.Exit(1)
	}
}
