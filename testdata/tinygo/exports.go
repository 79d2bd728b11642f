// A reactor: main never runs, and _initialize starts the runtime.
//
// buildmode: c-shared
package main

var calls int32

func init() { calls = 100 }

//go:wasmexport add
func add(a, b int32) int32 { return a + b }

//go:wasmexport half
func half(x float64) float64 { return x / 2 }

//go:wasmexport wrap
func wrap(x uint64) uint64 { return x + 1 }

//go:wasmexport count
func count() int32 {
	calls++
	return calls
}

//go:wasmexport produce
func produce(n int32) int32 {
	numbers := make(chan int32)
	go func() {
		for i := int32(1); i <= n; i++ {
			numbers <- i
		}
		close(numbers)
	}()
	sum := int32(0)
	for number := range numbers {
		sum += number
	}
	return sum
}

//go:wasmexport fail
func fail() { panic("on purpose") }

func main() { println("main does not run in a reactor") }
