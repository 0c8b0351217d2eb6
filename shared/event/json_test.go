package event

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestPlainIsTheText: what is exact is read as encoding/json reads it, and what
// that would replace in silence is refused.
func TestPlainIsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			"가", "a", " ", "\u2028", "\xff", `\n`, `\"`, `\\`, `\/`, `\b`, `\u0000`, `\u00e9`, `\uac00`, `\ufffd`, `\ud83d`, `\ude00`, `\uD83D\uDE00`, `u`, `d83d`,
		})).Draw(t, "parts")
		raw := []byte(`"`)
		for _, p := range parts {
			raw = append(raw, p...)
		}
		raw = append(raw, '"')
		var want string
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		replaced := 0 // how many runes encoding/json made up
		for _, r := range want {
			if r == utf8.RuneError {
				replaced++
			}
		}
		for _, p := range parts {
			if p == `\ufffd` {
				replaced--
			}
		}
		got, err := plain(raw)
		if (err != nil) != (replaced > 0) || err == nil && string(got) != want {
			t.Errorf("%s: %q, %v; encoding/json reads %q, %d of it made up", raw, got, err, want, replaced)
		}
	})
}
