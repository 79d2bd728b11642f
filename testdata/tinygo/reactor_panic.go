// Exports that panic, the second one in a deadlock.
// buildmode: c-shared
package main

//go:wasmexport at
func at(index int32) int32 { return []int32{10}[index] }

//go:wasmexport wait
func wait() { <-make(chan int) }

func main() {}
