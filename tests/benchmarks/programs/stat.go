package main

import "os"

func main() {
	for i := 0; i < 20000; i++ {
		if _, err := os.Stat("file-0"); err != nil {
			panic(err)
		}
	}
}
