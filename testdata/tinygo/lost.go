// A command with an export that starts a goroutine, which is never scheduled after main has returned.
package main

func main() {}

//export produce
func produce() int32 {
	numbers := make(chan int32)
	go func() { numbers <- 42 }()
	return <-numbers
}
