package main

func main() {
	const most = 5000000
	composite := make([]bool, most)
	count := 0
	for i := 2; i < most; i++ {
		if composite[i] {
			continue
		}
		count++
		for j := i * 2; j < most; j += i {
			composite[j] = true
		}
	}
	if count != 348513 {
		panic("wrong")
	}
}
