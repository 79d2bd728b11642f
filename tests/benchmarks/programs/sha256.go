package main

import "crypto/sha256"

func main() {
	sum := sha256.Sum256(make([]byte, 4<<20))
	if sum[0] == 0 && sum[1] == 0 {
		panic("wrong")
	}
}
