// Roman prints the values of Roman numerals.
package main

import (
	"os"

	"example.org/roman/numeral"
)

func main() {
	for _, text := range os.Args[1:] {
		value, err := numeral.Parse(text)
		if err != nil {
			println(text, err.Error())
			os.Exit(1)
		}
		println(text, value)
	}
}
