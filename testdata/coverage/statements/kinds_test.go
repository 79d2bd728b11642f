package statements

import "testing"

func TestKinds(t *testing.T) {
	if Green.String() != "green" {
		t.Error("green")
	}
	s := NewStack[string](2)
	s.Push("a")
	s.Push("b")
	if err := s.Push("c"); err == nil {
		t.Error("full")
	}
	n := NewStack[int](4)
	n.Push(1)
	n.Pop()
	for _, item := range s.All() {
		if item == "a" {
			break
		}
	}
	var root *Node
	for _, v := range []int{3, 1, 2, 3} {
		root = root.Insert(v)
	}
	sum := 0
	root.Walk(func(v int) { sum += v })
	for _, a := range []Animal{Dog{"d"}, &Cat{Dog{"c"}, 9}} {
		a.Sound()
	}
	if i, x, o := Classify(1, "a", "", 2.5, []int{1, 2}); i != 3 || x != 1 || o != 1 {
		t.Error(i, x, o)
	}
	if Grid(4, 4) == 0 {
		t.Error("grid")
	}
	if r, err := Parse("3, 1,,2"); err != nil || r[0] != 1 {
		t.Error(r, err)
	}
	if Workers(4) != 6 {
		t.Error("workers")
	}
	if Race(false) != "fast" || Race(true) != "none" {
		t.Error("race")
	}
	if Collatz(6) != 8 {
		t.Error("collatz")
	}
	if Pipeline(4) != 6 {
		t.Error("pipeline")
	}
	Ones(5)
	if Level(60) != "HIGH" {
		t.Error(Level(60))
	}
	if text, _ := Config("missing"); text != "default" {
		t.Error(text)
	}
	if Matrix() == 0 {
		t.Error("matrix")
	}
}
