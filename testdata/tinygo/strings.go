// A reactor whose functions take and return strings and bytes.
//
// buildmode: c-shared
package main

import (
	"strings"
	"unsafe"
)

//export upper
func upper(s string) string { return strings.ToUpper(s) }

//export sum
func sum(b []byte) int32 {
	total := int32(0)
	for _, x := range b {
		total += int32(x)
	}
	return total
}

//export repeat
func repeat(s string, n int32) []byte { return []byte(strings.Repeat(s, int(n))) }

//export narrow
func narrow(a int8, b uint16, ok bool) int32 { return int32(a) + int32(b) }

// The address and the length of a string in one number, as in many hosts. The garbage collector does not
// see the address, so the string is kept.
var kept []byte

//export greeting
func greeting(address *byte, length uint32) uint64 {
	kept = []byte("hello, " + unsafe.String(address, length))
	return uint64(uintptr(unsafe.Pointer(&kept[0])))<<32 | uint64(len(kept))
}

func main() {}
