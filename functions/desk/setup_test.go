package desk

import "os"

// Package init makes the function from the environment, which a variable is set
// before. Its store does not answer, which stops no start.
var _ = func() bool {
	for k, v := range map[string]string{
		"STORAGE_EMULATOR_HOST": "127.0.0.1:1", "LOCAL_ONLY": "true",
		"SCREENSHOTS_BUCKET": "test-shots", "PAGES_BUCKET": "test-pages", "RESULTS_BUCKET": "test-results",
	} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	return true
}()
