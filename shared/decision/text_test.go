package decision_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"unicode"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// TestTextSum: plain letters are summed without being normalized, and the sum is the
// same: decisions have it.
func TestTextSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.StringMatching(`[가-힣a-zA-Z0-9 .%]{0,12}`), rapid.StringMatching(`[가-힣ㄱ-ㅣᄀ-ᇿＡ-ｚ①™\x{3000}\x{200b}A-Z\t ]{0,8}`), rapid.String())
		sum := sha256.New()
		var r result.Result
		for _, text := range rapid.SliceOfN(line, 0, 5).Draw(t, "lines") {
			r.Lines = append(r.Lines, result.Line{Text: text})
			sum.Write([]byte(strings.Map(func(c rune) rune {
				if unicode.IsSpace(c) {
					return -1
				}
				return unicode.ToLower(c)
			}, norm.NFKC.String(text))))
		}
		if got, want := decision.TextSum(r), hex.EncodeToString(sum.Sum(nil)[:16]); got != want {
			t.Fatalf("%+v: %s, want %s", r.Lines, got, want)
		}
	})
}
