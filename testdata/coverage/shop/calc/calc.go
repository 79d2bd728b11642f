package calc

// Double returns twice n.
func Double(n int) int { return n + n }

// Clamp limits n.
func Clamp(n, limit int) int {
	if n > limit {
		return limit
	}
	return n
}
