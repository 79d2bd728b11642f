package main

import (
	"os"

	"example.org/shop/calc"
)

func main() {
	total := 0
	for i := 0; i < 3; i++ {
		total += calc.Clamp(calc.Double(i), limit())
	}
	if total > 100 {
		println(total)
	}
}

func limit() int { return 9 }

func fail() {
	panic("always")
	println("never")
}

func quit() {
	os.Exit(3)
	println("never")
}

func spin() {
	for {
		limit()
	}
}
