// Goroutines that pass numbers through channels and sleep.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	numbers, squares := make(chan int), make(chan int)
	var workers sync.WaitGroup
	for range [3]int{} {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range numbers {
				time.Sleep(time.Millisecond)
				squares <- n * n
			}
		}()
	}
	go func() {
		for n := 1; n <= 10; n++ {
			numbers <- n
		}
		close(numbers)
		workers.Wait()
		close(squares)
	}()
	sum := 0
	for square := range squares {
		sum += square
	}
	fmt.Println("sum of squares:", sum)

	select {
	case <-make(chan int):
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timed out, as it should")
	}
}
