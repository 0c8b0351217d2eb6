// Command cmd serves the Recognize function in its container.
package main

import (
	_ "github.com/pageinspect/pageinspect/functions/recognize" // registers the function
	"github.com/pageinspect/pageinspect/functions/serving"
)

func main() { serving.Main(func() {}) }
