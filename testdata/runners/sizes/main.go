// Has functions in a package whose import path has dots, in `tinyrun inspect`.
package main

import shapes "runners/sizes/shapes.v2"

func main() {
	var square shapes.Shape = &shapes.Square{Side: 3}
	println(square.Area(), shapes.Largest([]int{1, 4, 2}))
}
