// Calls a function that is not provided.
package main

//go:wasmimport env fetch
func fetch(n int32) int32

//go:noinline
func get(n int32) int32 {
	n *= 3
	n = fetch(n)
	return n + 1
}

func main() {
	println(get(1))
}
