// Command cmd serves the Recognize function in its container.
package main

import (
	"github.com/pageinspect/pageinspect/functions/recognize"
	"github.com/pageinspect/pageinspect/functions/serving"
)

func main() { serving.Main(recognize.Drain, recognize.Shutdown) }
