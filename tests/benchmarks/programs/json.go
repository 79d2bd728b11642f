package main

import (
	"encoding/json"
	"fmt"
)

type item struct {
	Name string
	Tags []string
	Size int
}

func main() {
	items := make([]item, 300)
	for i := range items {
		items[i] = item{Name: fmt.Sprint("item ", i), Tags: []string{"a", "b", "c"}, Size: i}
	}
	text, err := json.Marshal(items)
	if err != nil {
		panic(err)
	}
	var read []item
	if err := json.Unmarshal(text, &read); err != nil {
		panic(err)
	}
	fmt.Println(len(text), len(read), read[299].Name)
}
