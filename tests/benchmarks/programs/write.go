package main

import (
	"fmt"
	"os"
)

func main() {
	for i := 0; i < 5000; i++ {
		name := fmt.Sprintf("out-%d", i%100)
		if err := os.WriteFile(name, []byte("content"), 0o644); err != nil {
			panic(err)
		}
	}
}
