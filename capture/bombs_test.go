package capture

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// TestProfileBombs: YAML that would expand to more than a machine holds, or that
// refers to itself, is refused, at once.
func TestProfileBombs(t *testing.T) {
	// Nine levels of ten make a billion.
	tenfold := func(field, open, item, shut string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "version: v1\nprofiles:\n - name: a0\n   %s: &a0 %s%s%s\n", field, open, item, shut)
		for i := range 9 {
			alias := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ",")
			fmt.Fprintf(&b, " - name: a%d\n   %s: &a%d [%s]\n", i+1, field, i+1, alias)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"lists of lists":        tenfold("click", "[", "x", "]"),
		"hosts of hosts":        tenfold("hosts", "[", "x.example", "]"),
		"a list of itself":      "version: v1\nprofiles: &p\n - name: a\n   click: &c [*c]\n",
		"profiles of profiles":  "version: v1\nprofiles: &p [*p]\n",
		"merged with itself":    "version: v1\nprofiles:\n - &p {name: a, <<: *p}\n",
		"a thousand levels":     "version: v1\nprofiles:\n - {name: a, click: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}\n",
		"an anchor that is not": "version: v1\nprofiles: *nowhere\n",
	} {
		began := time.Now()
		done := make(chan error, 1)
		go func() { _, err := load(t, text); done <- err }()
		select {
		case err := <-done:
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v after %s", name, err, time.Since(began))
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s is still being read", name)
		}
	}
}
