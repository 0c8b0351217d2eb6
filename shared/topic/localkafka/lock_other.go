//go:build !unix

package localkafka

import (
	"os"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// lock makes the directory. Nothing keeps a second broker off it here.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka")
	}
	return func() {}, nil
}
