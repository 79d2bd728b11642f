// A command with an export that starts a goroutine, which nobody schedules once main is over.
package main

func main() {}

//export produce
func produce() int32 {
	numbers := make(chan int32)
	go func() { numbers <- 42 }()
	return <-numbers
}
