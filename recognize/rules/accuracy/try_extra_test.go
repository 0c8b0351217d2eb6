package accuracy

import (
	"fmt"
	"os"
	"testing"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

func TestTryExtra(t *testing.T) {
	text := os.Getenv("TRY")
	if text == "" {
		return
	}
	j, all, err := bundled(t).Explain(match.Plain(text), rules.Query{Category: os.Getenv("CAT"), At: at})
	fmt.Println(j.Scope.Category, j.Scope.Guessed, err)
	for _, r := range all {
		fmt.Println(r.Rule, "|", r.Quote, "|", r.Pattern, "|", r.Why)
	}
}
