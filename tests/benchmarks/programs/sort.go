package main

import "sort"

func main() {
	numbers := make([]int, 200000)
	state := uint32(1)
	for i := range numbers {
		state = state*1664525 + 1013904223
		numbers[i] = int(state >> 8)
	}
	sort.Ints(numbers)
	if !sort.IntsAreSorted(numbers) {
		panic("wrong")
	}
}
