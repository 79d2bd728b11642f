// A command with one export of each kind.
package main

var greeting = "not yet"

func main() {
	greeting = "hello"
	println("main ran")
}

//export length
func length() int32 { return int32(len(greeting)) }

//go:wasmexport add
func add(a, b int32) int32 { return a + b }
