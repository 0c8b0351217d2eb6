// Command cmd serves the Capture function in its container.
package main

import (
	"github.com/pageinspect/pageinspect/functions/capture"
	"github.com/pageinspect/pageinspect/functions/serving"
)

func main() { serving.Main(capture.Drain, capture.Shutdown) }
