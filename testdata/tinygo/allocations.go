// Allocates objects of known sizes, and prints the number that the runtime counted.
package main

import "runtime"

var last *[64]byte

//go:noinline
func blocks(count int) {
	for i := 0; i < count; i++ {
		last = new([64]byte)
	}
}

//go:noinline
func repeat(text string, count int) string {
	all := ""
	for i := 0; i < count; i++ {
		all += text
	}
	return all
}

func main() {
	blocks(1000)
	done := make(chan string)
	go func() { done <- repeat("abc", 200) }()
	length := len(<-done)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	println(length, last[0], stats.Mallocs)
}
