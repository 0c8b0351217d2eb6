package localcloud

import (
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// TestFunctionsListenOnLoopback: they do whatever they are told, so another address
// would answer nobody.
func TestFunctionsListenOnLoopback(t *testing.T) {
	_, err := startFunction(t.Context(), "capture", "0.0.0.0:0", nil, Config{})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "capture listens at 127.0.0.1 alone") {
		t.Errorf("error %v", err)
	}
}
