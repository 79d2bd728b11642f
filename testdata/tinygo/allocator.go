// buildmode: c-shared
package main

import (
	"strings"
	"unsafe"
)

// The memory returned by alloc, so that the garbage collector keeps it.
var allocated = map[unsafe.Pointer][]byte{}

//go:wasmexport alloc
func alloc(size uint32) unsafe.Pointer {
	buffer := make([]byte, size)
	pointer := unsafe.Pointer(unsafe.SliceData(buffer))
	allocated[pointer] = buffer
	return pointer
}

//go:wasmexport dealloc
func dealloc(pointer unsafe.Pointer, size uint32) {
	if len(allocated[pointer]) != int(size) {
		panic("dealloc of another size")
	}
	delete(allocated, pointer)
}

//go:wasmexport kept
func kept() uint32 { return uint32(len(allocated)) }

//go:wasmexport vowels
func vowels(s string) uint32 {
	count := 0
	for _, r := range s {
		if strings.ContainsRune("aeiou", r) {
			count++
		}
	}
	return uint32(count)
}

//go:wasmexport sum
func sum(numbers *int64, length uint32) int64 {
	total := int64(0)
	for _, number := range unsafe.Slice((*int)(unsafe.Pointer(numbers)), length) {
		total += int64(number)
	}
	return total
}

//go:wasmexport join
func join(texts unsafe.Pointer, length uint32) uint64 {
	joined := strings.Join(unsafe.Slice((*string)(texts), length), "+")
	buffer := alloc(uint32(len(joined)))
	copy(unsafe.Slice((*byte)(buffer), len(joined)), joined)
	return uint64(uintptr(buffer))<<32 | uint64(len(joined))
}

func main() {}
