// A reactor whose functions take and return slices, runes and several values.
//
// buildmode: c-shared
package main

import (
	"strings"
	"unicode/utf8"
)

type celsius float64

//export sum
func sum(xs []int32) int32 {
	total := int32(0)
	for _, x := range xs {
		total += x
	}
	return total
}

//export mean
func mean(xs []celsius) celsius {
	total := celsius(0)
	for _, x := range xs {
		total += x
	}
	return total / celsius(len(xs))
}

//export join
func join(texts []string) string { return strings.Join(texts, "+") }

//export fields
func fields(s string) []string { return strings.Fields(s) }

//export squares
func squares(n int) []int {
	xs := make([]int, n)
	for i := range xs {
		xs[i] = i * i
	}
	return xs
}

//export is
func is(r rune) bool { return r == 'é' }

//export divmod
func divmod(a, b int) (int, int) { return a / b, a % b }

//export decode
func decode(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

//export record
func record(a int8, b int64) (int8, int64, string, bool) { return a, b, "ok", true }

//export low
func low(x uint32) uint8 { return uint8(x) }

//export length
func length(b []byte) int { return len(b) }

//export nested
func nested(xss [][]int) int { return len(xss) }

func main() {}
