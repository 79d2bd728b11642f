package statements

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Color has a method with a map lookup.
type Color int

// The colors.
const (
	Red Color = iota
	Green
	Blue
)

var names = map[Color]string{
	Red:   "red",
	Green: "green",
}

var hooks = []func(int) int{
	func(n int) int { return n + 1 },
	func(n int) int {
		return n * 2
	},
}

// String returns the name.
func (c Color) String() string {
	if name, ok := names[c]; ok {
		return name
	}
	return "color " + strconv.Itoa(int(c))
}

// Stack is a generic type with a limit.
type Stack[T any] struct {
	items []T
	limit int
}

var errFull = errors.New("full")

// NewStack has a literal over several lines.
func NewStack[T any](limit int) *Stack[T] {
	return &Stack[T]{
		items: make([]T, 0, limit),
		limit: limit,
	}
}

// Push adds an item.
func (s *Stack[T]) Push(item T) error {
	if len(s.items) >= s.limit {
		return fmt.Errorf("push %v: %w", item, errFull)
	}
	s.items = append(s.items, item)
	return nil
}

// Pop has named results and an empty return.
func (s *Stack[T]) Pop() (item T, ok bool) {
	if len(s.items) == 0 {
		return
	}
	last := len(s.items) - 1
	item = s.items[last]
	s.items = s.items[:last]
	return item, true
}

// All returns an iterator.
func (s *Stack[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for i, item := range s.items {
			if !yield(i, item) {
				return
			}
		}
	}
}

// Node is a node of a tree.
type Node struct {
	Left, Right *Node
	Value       int
}

// Insert has a switch without a tag and an empty default.
func (n *Node) Insert(value int) *Node {
	if n == nil {
		return &Node{Value: value}
	}
	switch {
	case value < n.Value:
		n.Left = n.Left.Insert(value)
	case value > n.Value:
		n.Right = n.Right.Insert(value)
	default:
	}
	return n
}

// Walk is recursive.
func (n *Node) Walk(visit func(int)) {
	if n == nil {
		return
	}
	n.Left.Walk(visit)
	visit(n.Value)
	n.Right.Walk(visit)
}

// Animal is implemented by Dog and Cat.
type Animal interface{ Sound() string }

// Dog is an animal.
type Dog struct{ name string }

// Cat embeds a struct.
type Cat struct {
	Dog
	lives int
}

// Sound returns the sound.
func (d Dog) Sound() string {
	return d.name + " barks"
}

// Sound has a panic.
func (c *Cat) Sound() string {
	c.lives--
	if c.lives < 0 {
		panic("dead cat")
	}
	return c.name + " meows"
}

// Classify has a type switch with several types in a case.
func Classify(values ...any) (ints, texts, others int) {
	for _, value := range values {
		switch v := value.(type) {
		case int, int64:
			ints++
		case string:
			if v == "" {
				continue
			}
			texts++
		case fmt.Stringer, error:
			others += 10
		case []int:
			ints += len(v)
		default:
			others++
		}
	}
	return
}

// Grid has break and continue with labels, and a range over an integer.
func Grid(rows, columns int) (sum int) {
outer:
	for row := 0; row < rows; row++ {
		for column := range columns {
			if column > row {
				continue outer
			}
			if row*column > 20 {
				break outer
			}
			sum += row * column
		}
	}
	return sum
}

// Parse shadows an error, and has a function literal as an argument.
func Parse(text string) (result []int, err error) {
	for _, field := range strings.Split(text, ",") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		result = append(result, n)
	}
	sort.Slice(result, func(i, j int) bool {
		return result[i] < result[j]
	})
	return result, nil
}

// Workers has goroutines, a mutex and deferred calls in a loop.
func Workers(jobs int) int {
	var mutex sync.Mutex
	var group sync.WaitGroup
	total := 0
	for job := range jobs {
		group.Add(1)
		go func() {
			defer group.Done()
			mutex.Lock()
			defer mutex.Unlock()
			total += job
		}()
	}
	group.Wait()
	return total
}

// Race has select statements with and without default.
func Race(wait bool) string {
	fast := make(chan string, 1)
	slow := make(chan string)
	timeout := make(chan bool, 1)
	if !wait {
		fast <- "fast"
	} else {
		timeout <- true
	}
	select {
	case text := <-fast:
		return text
	case <-slow:
		return "slow"
	case <-timeout:
	}
	select {
	case text, ok := <-slow:
		return fmt.Sprint(text, ok)
	default:
		return "none"
	}
}

// Collatz has two goto statements to a label.
func Collatz(n int) (steps int) {
loop:
	if n == 1 {
		return steps
	}
	steps++
	if n%2 == 0 {
		n /= 2
		goto loop
	}
	n = 3*n + 1
	goto loop
}

// Pipeline has nested function literals and a range over a channel.
func Pipeline(n int) int {
	numbers := func() <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for i := 0; i < n; i++ {
				out <- i
			}
		}()
		return out
	}
	sum := 0
	for number := range numbers() {
		sum += number
	}
	return sum
}

// Ones has a range without a variable.
func Ones(word uint32) (ones, zeros int) {
	for range 32 {
		if word&1 != 0 {
			ones++
		} else {
			zeros++
		}
		word >>= 1
	}
	return ones, zeros
}

// Level has conditions with || and &&, a block that shadows a variable, and a deferred change of the result.
func Level(score int) (level string) {
	defer func() {
		level = strings.ToUpper(level)
	}()
	if score < 0 || score > 100 {
		return "invalid"
	}
	level = "low"
	if score > 50 && score != 77 {
		level = "high"
	}
	var bonus = 0
	{
		bonus := 3
		bonus++
	}
	if bonus > 0 {
		level += "!"
	}
	return level
}

// Config has a switch over errors.
func Config(path string) (text string, err error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "default", nil
	case err != nil:
		return "", err
	}
	return string(data), nil
}

// Matrix has literals in literals, and declarations in a function.
func Matrix() (trace int) {
	matrix := [][]int{
		{1, 2},
		{3, 4},
	}
	for i, row := range matrix {
		trace += row[i]
	}
	type pair struct{ a, b int }
	const scale = 2
	pairs := []pair{{1, 2}, {3, 4}}
	var largest pair
	for _, p := range pairs {
		if p.a+p.b > largest.a+largest.b {
			largest = p
		}
	}
	trace += scale * largest.b
	apply := func(f func(int) int) int { return f(trace) }
	trace = apply(func(n int) int {
		return n + 1
	})
	for i := len(hooks) - 1; i >= 0; i-- {
		trace = hooks[i](trace)
	}
	return
}

// unused is called only by Unused.
func unused(n int) int {
	for n > 10 {
		n /= 2
	}
	return n
}

// Unused is not called by any test.
func Unused(n int) (result int) {
	defer func() { result++ }()
	result = unused(n)
	return
}
