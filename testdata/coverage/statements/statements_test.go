package statements

import "testing"

func TestNumbers(t *testing.T) {
	if Sign(-5) != -1 || Sign(5) != 1 {
		t.Error("sign")
	}
	if root, err := Root(17); root != 4 || err != nil {
		t.Error("root", root, err)
	}
	if primes := Primes(20); len(primes) != 8 {
		t.Error("primes", primes)
	}
	if Goto(4) != 10 {
		t.Error("goto")
	}
	if Bits(7) != 3 {
		t.Error("bits")
	}
	if Max(2, 1) != 2 || Max(1.5, 2.5) != 2.5 {
		t.Error("max")
	}
	if Swap([2]int{1, 2}) != [2]int{2, 1} {
		t.Error("swap")
	}
}

func TestText(t *testing.T) {
	if Day(5) != "nearly work" || Day(9) != "unknown" {
		t.Error("day")
	}
	if Describe(3) != "number" || Describe("a") != "text a" || Describe(ErrNegative) != "negative number" {
		t.Error("describe")
	}
	if counts := Count("a b a"); counts["a"] != 2 {
		t.Error("count", counts)
	}
	if Format("a", "b") != "a b" {
		t.Error("format")
	}
}

func TestShapes(t *testing.T) {
	if total := Total(Square{2}, &Circle{1}); total != 7 {
		t.Error("total", total)
	}
	if Describe(Square{1}) != "square" {
		t.Error("describe")
	}
}

func TestFunctions(t *testing.T) {
	if Both(false, true) || Both(true, false) {
		t.Error("both")
	}
	if Adder(2)(3) != 5 {
		t.Error("adder")
	}
	var steps []string
	if count := Deferred(&steps); count != 2 || len(steps) != 3 {
		t.Error("deferred", count, steps)
	}
	if sum := Sum([]int{1, 2, 3}); sum != 6 {
		t.Error("sum", sum)
	}
}
