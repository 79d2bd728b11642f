// Panics and traps of many kinds. The comment `at KIND` marks each line that is active when the argument is KIND.
package main

import (
	"errors"
	"os"
	"sort"
	"strconv"
)

type account struct {
	owner   *person
	balance []int
	limits  map[string]int
}

type person struct {
	name string
	age  int
}

type printer interface {
	print(depth int) string
}

type page struct{ lines [4]string }

func (p *page) print(depth int) string {
	return p.lines[depth%4] + p.lines[depth] // at array
}

func (a *account) rename(name string) {
	a.owner.name = name // at field
}

func (a *account) withdraw(amount int) int {
	last := a.balance[len(a.balance)-1]
	if amount > last {
		panic(errors.New("not enough money")) // at error
	}
	a.balance = append(a.balance, last-amount)
	return a.balance[amount] // at balance
}

func (a *account) limit(name string, value int) {
	a.limits[name] = value // at map
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(item T) {
	if len(s.items) == 3 {
		panic("full") // at full
	}
	s.items = append(s.items, item)
}

func (s *stack[T]) pop() T {
	item := s.items[len(s.items)-1] // at generic
	s.items = s.items[:len(s.items)-1]
	return item
}

func first[T any](items []T, from int) T {
	rest := items[from:] // at cut
	return rest[0]
}

func mean(values []int) int {
	sum := 0
	for _, value := range values {
		sum += value
	}
	return sum / len(values) // at divide
}

func bits(value uint, count int) uint {
	shifted := value << count // at shift
	return shifted ^ value
}

func describe(value any) string {
	switch value := value.(type) {
	case int:
		return strconv.Itoa(value)
	case error:
		return value.Error()
	}
	return value.(string) // at assert
}

func show(p printer, depth int) string {
	return p.print(depth) // at interface, array
}

func apply(f func(int) int, value int) int {
	return f(value) + 1 // at function, literal
}

func send(values chan int) {
	close(values)
	values <- 1 // at closed
}

func receive(values chan int) int {
	return <-values // at deadlock
}

//go:noinline
func countdown(n int) int {
	if n == 0 {
		panic("liftoff") // at recursion
	}
	return countdown(n-1) + n // at recursion
}

func sorted(words []string) {
	sort.Slice(words, func(i, j int) bool { // at library
		if words[i] == words[j] {
			panic("twice: " + words[i]) // at library
		}
		return words[i] < words[j]
	}) // at library
}

func table(text string, width, height int) byte {
	cells := make([]byte, width*height) // at size
	copy(cells, text)
	row := cells[width : 2*width]     // at row
	return row[height] + text[height] // at cell
}

func inGoroutine(n int) {
	done := make(chan int)
	go func() { // at goroutine
		values := []int{1, 2, 3}
		done <- values[n] // at goroutine
	}()
	<-done
}

func cleanUp() {
	defer func() {
		panic("in a deferred function") // at deferred
	}()
	println("working")
} // at deferred

func main() {
	kind := os.Args[1]
	n := len(kind)
	mine := &account{balance: []int{n, 2 * n}}
	switch kind {
	case "array":
		println(show(&page{}, n)) // at array
	case "field":
		mine.rename(kind) // at field
	case "error":
		println(mine.withdraw(3 * n)) // at error
	case "balance":
		println(mine.withdraw(n)) // at balance
	case "map":
		mine.limit(kind, n) // at map
	case "generic":
		numbers := &stack[int]{}
		numbers.push(n)
		println(numbers.pop())
		println(numbers.pop()) // at generic
	case "full":
		names := &stack[string]{}
		for range 4 {
			names.push(kind) // at full
		}
		println(names.pop())
	case "cut":
		println(first([]string{kind}, n)) // at cut
	case "divide":
		println(mean(mine.balance[n-6 : n-6])) // at divide
	case "shift":
		println(bits(1, n-6)) // at shift
	case "assert":
		println(describe(mine)) // at assert
	case "interface":
		var p printer
		if n > 9 {
			p = &page{}
		}
		println(show(p, n)) // at interface
	case "function":
		var f func(int) int
		if n > 8 {
			f = func(n int) int { return n }
		}
		println(apply(f, n)) // at function
	case "literal":
		println(apply(func(n int) int { // at literal
			return mine.balance[n] // at literal
		}, n)) // at literal
	case "closed":
		send(make(chan int, n)) // at closed
	case "deadlock":
		println(receive(make(chan int))) // at deadlock
	case "recursion":
		println(countdown(n)) // at recursion
	case "library":
		sorted([]string{"b", "a", kind, kind}) // at library
	case "size":
		println(table(kind, n, -n)) // at size
	case "row":
		println(table(kind, n, 1)) // at row
	case "cell":
		println(table(kind, n, n)) // at cell
	case "goroutine":
		inGoroutine(n) // at goroutine
	case "deferred":
		cleanUp() // at deferred
	default:
		panic("unknown: " + kind) // at unknown
	}
	println("no panic")
}
