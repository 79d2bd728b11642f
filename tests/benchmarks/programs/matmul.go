package main

const size = 200

type matrix [size][size]float64

func main() {
	a, b, c := new(matrix), new(matrix), new(matrix)
	for i := range a {
		for j := range a[i] {
			a[i][j], b[i][j] = float64(i+j), float64(i-j)
		}
	}
	for i := range a {
		for j := range b {
			sum := 0.0
			for k := range b {
				sum += a[i][k] * b[k][j]
			}
			c[i][j] = sum
		}
	}
	if c[0][0] != 2646700 {
		panic("wrong")
	}
}
