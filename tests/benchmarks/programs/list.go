package main

import "os"

func main() {
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) != 20000 {
		panic("a listing lacks something")
	}
}
