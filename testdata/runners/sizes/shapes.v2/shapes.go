// Package shapes has a method, and a generic function.
package shapes

type Shape interface{ Area() int }

type Square struct{ Side int }

//go:noinline
func (s *Square) Area() int { return s.Side * s.Side }

//go:noinline
func Largest[T int | float64](values []T) (largest T) {
	for _, value := range values {
		largest = max(largest, value)
	}
	return largest
}
