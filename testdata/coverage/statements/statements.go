// Package statements has every kind of statement in Go, so that coverage by tinyrun can be compared with that of go test.
package statements

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNegative is returned for negative numbers.
var ErrNegative = errors.New("negative number")

// Shape is implemented by Square and Circle.
type Shape interface {
	Area() float64
	Name() string
}

// Square is a shape.
type Square struct{ side float64 }

// Area returns the area.
func (s Square) Area() float64 { return s.side * s.side }

// Name returns the name.
func (s Square) Name() string { return "square" }

// Circle is a shape.
type Circle struct {
	radius float64
}

// Area returns the area.
func (c *Circle) Area() float64 {
	const pi = 3
	return pi * c.radius * c.radius
}

// Name returns the name.
func (c *Circle) Name() string {
	return "circle"
}

// Sign has an if with else branches.
func Sign(n int) int {
	if n < 0 {
		return -1
	} else if n == 0 {
		return 0
	} else {
		return 1
	}
}

// Root has an early return and a loop with a condition.
func Root(n int) (int, error) {
	if n < 0 {
		return 0, ErrNegative
	}
	root := 0
	for (root+1)*(root+1) <= n {
		root++
	}
	return root, nil
}

// Primes has nested loops, break and continue with labels.
func Primes(limit int) []int {
	var primes []int
next:
	for n := 2; n < limit; n++ {
		for _, prime := range primes {
			if prime*prime > n {
				break
			}
			if n%prime == 0 {
				continue next
			}
		}
		primes = append(primes, n)
	}
	return primes
}

// Day has a switch with a tag, several values and fallthrough.
func Day(day int) string {
	kind := ""
	switch day {
	case 6, 7:
		kind = "weekend"
	case 5:
		kind = "nearly "
		fallthrough
	case 1, 2, 3, 4:
		kind += "work"
	default:
		kind = "unknown"
	}
	return kind
}

// Describe has a type switch.
func Describe(value any) string {
	switch value := value.(type) {
	case nil:
		return "nothing"
	case int:
		if value > 100 {
			return "large number"
		}
		return "number"
	case string:
		return "text " + value
	case Shape:
		return value.Name()
	case error:
		return value.Error()
	}
	return "other"
}

// Total has a loop over an interface slice and a method call.
func Total(shapes ...Shape) float64 {
	total := 0.0
	for _, shape := range shapes {
		total += shape.Area()
	}
	return total
}

// Count has maps, the comma-ok form and delete.
func Count(text string) map[string]int {
	counts := map[string]int{}
	for _, word := range strings.Fields(text) {
		if _, ok := counts[word]; !ok {
			counts[word] = 0
		}
		counts[word]++
	}
	if counts["the"] > 0 {
		delete(counts, "the")
	}
	return counts
}

// Both has conditions that stop early.
func Both(a, b bool) bool {
	if a && b {
		return true
	}
	return !a && !b
}

// Adder returns a function literal.
func Adder(by int) func(int) int {
	return func(n int) int {
		if by == 0 {
			return n
		}
		return n + by
	}
}

// Deferred has defer statements and a named result.
func Deferred(steps *[]string) (count int) {
	defer func() {
		*steps = append(*steps, "last")
		count++
	}()
	defer note(steps, "second")
	*steps = append(*steps, "first")
	return len(*steps)
}

func note(steps *[]string, step string) {
	*steps = append(*steps, step)
}

// Goto has a loop of goto statements.
func Goto(n int) int {
	sum := 0
again:
	if n > 0 {
		sum += n
		n--
		goto again
	}
	return sum
}

// Sum has goroutines, channels and a select statement.
func Sum(numbers []int) int {
	results := make(chan int)
	done := make(chan bool, 1)
	go func() {
		for _, number := range numbers {
			results <- number
		}
		done <- true
	}()
	sum := 0
	for {
		select {
		case number := <-results:
			sum += number
		case <-done:
			return sum
		}
	}
}

// Format has a call over several lines and a multi-line literal.
func Format(first, last string) string {
	name := struct {
		first string
		last  string
	}{
		first: first,
		last:  last,
	}
	return fmt.Sprintf(
		"%s %s",
		name.first,
		name.last,
	)
}

// Bits has assignments with operators and constants.
func Bits(n uint) (bits int) {
	for ; n != 0; n >>= 1 {
		bits += int(n & 1)
	}
	return
}

// Max is generic.
func Max[T int | float64](a, b T) T {
	if a > b {
		return a
	}
	return b
}

// Swap has a block and an assignment of several values.
func Swap(pair [2]int) [2]int {
	{
		pair[0], pair[1] = pair[1], pair[0]
	}
	return pair
}

// Never is not called by any test.
func Never(n int) int {
	n++
	if n > 3 {
		return 3
	}
	return n
}
