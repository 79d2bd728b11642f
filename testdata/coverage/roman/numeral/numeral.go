// Package numeral reads Roman numerals.
package numeral

import "errors"

// ErrDigit means that a letter is not a Roman digit.
var ErrDigit = errors.New("not a Roman digit")

// Parse returns the value of a Roman numeral.
func Parse(text string) (int, error) {
	total, last := 0, 0
	for i := len(text) - 1; i >= 0; i-- {
		value, err := digit(text[i])
		if err != nil {
			return 0, err
		}
		if value < last {
			value = -value
		}
		last = value
		total += value
	}
	return total, nil
}

func digit(letter byte) (int, error) {
	if letter >= 'a' && letter <= 'z' {
		letter -= 'a' - 'A'
	}
	switch letter {
	case 'I':
		return 1, nil
	case 'V':
		return 5, nil
	case 'X':
		return 10, nil
	case 'L':
		return 50, nil
	case 'C':
		return 100, nil
	case 'D':
		return 500, nil
	case 'M':
		return 1000, nil
	}
	return 0, ErrDigit
}
