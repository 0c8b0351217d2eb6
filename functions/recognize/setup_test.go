package recognize

import (
	"os"

	"go.uber.org/goleak"
)

// Package init makes the function from the environment, which a variable is
// set before. Its store does not answer, which stops no start.
var _ = func() bool {
	for k, v := range map[string]string{
		"KAFKA_BROKERS": "127.0.0.1:1", "STORAGE_EMULATOR_HOST": "127.0.0.1:1", "VISION_EMULATOR_HOST": "127.0.0.1:1",
		"SCREENSHOTS_BUCKET": "test-shots", "PAGES_BUCKET": "test-pages", "RESULTS_BUCKET": "test-results",
	} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	return true
}()

// initsOwn is the goroutine of init's own client, whose Vision is not there.
var initsOwn = goleak.IgnoreTopFunction("google.golang.org/grpc.(*addrConn).resetTransportAndUnlock")
