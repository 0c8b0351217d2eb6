// Command cmd serves the Desk function in its container.
package main

import (
	"github.com/pageinspect/pageinspect/functions/desk"
	"github.com/pageinspect/pageinspect/functions/serving"
)

func main() { serving.Main(desk.Drain, desk.Shutdown) }
