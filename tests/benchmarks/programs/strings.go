package main

import "strings"

func main() {
	total := 0
	for i := range 20_000 {
		parts := strings.Split("one,two,three,four", ",")
		joined := strings.Join(parts, string(rune('a'+i%26)))
		total += len(strings.Replace(joined, "t", "tt", -1))
	}
	println(total)
}
