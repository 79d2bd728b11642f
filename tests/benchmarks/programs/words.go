package main

import (
	"fmt"
	"sort"
	"strings"
)

func main() {
	counts := map[string]int{}
	for i := range 8_000 {
		line := fmt.Sprintf("the %d quick foxes and %d lazy dogs", i%97, i%31)
		for _, word := range strings.Fields(line) {
			counts[strings.ToUpper(word)]++
		}
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Strings(words)
	fmt.Println(len(words), words[len(words)-1], counts["FOXES"])
}
