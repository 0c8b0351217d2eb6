package localconnect

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"":                              0,
		"3":                             3 * time.Second,
		"-3":                            0,
		"soon":                          0,
		"99999":                         maxRetryAfter,
		"Fri, 02 Jan 2026 03:04:12 GMT": 7 * time.Second,
		"Fri, 02 Jan 2026 03:04:00 GMT": 0,
		"Sat, 03 Jan 2026 03:04:00 GMT": maxRetryAfter,
	} {
		if got := parseRetryAfter(s, now); got != want {
			t.Errorf("Retry-After %q: wait %s, want %s", s, got, want)
		}
	}
}

// TestBackoff: a pause is between half and all of the doubled one, and never
// longer than the longest.
func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "first"))
		longest := time.Duration(rapid.Int64Range(1, int64(24*time.Hour)).Draw(t, "longest"))
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		whole := min(first, longest)
		for range n - 1 {
			whole = min(2*whole, longest)
		}
		task := &task{cfg: Config{Backoff: first, MaxBackoff: longest}}
		if got := task.backoff(n); got < whole/2 || got > whole {
			t.Errorf("pause %d is %s, want %s to %s", n, got, whole/2, whole)
		}
	})
}
