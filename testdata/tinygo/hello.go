// Prints with println and with fmt.
package main

import "fmt"

func main() {
	println("hello from println")
	fmt.Println("hello from", "fmt", 6*7)
}
