package export

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pageinspect/pageinspect/shared/decision"
)

// ruleTests writes what was decided as tests of the rules: what was dismissed because
// the rule is wrong must be missed, what was confirmed must be hit. Only rules of
// which something was dismissed so are told: the hits keep whoever mends them from
// mending too much.
type ruleTests struct {
	w     io.Writer
	rules map[string]*tests
}

// tests are a rule's, by text, each with who decided.
type tests struct{ hit, miss map[string]string }

func newRuleTests(w io.Writer) *ruleTests { return &ruleTests{w, map[string]*tests{}} }

func (t *ruleTests) page(_ context.Context, p Page) error {
	for i, f := range p.Result.Findings {
		d := p.decided(i)
		if d == nil || f.Quote == "" {
			continue
		}
		of := t.rules[f.Rule]
		if of == nil {
			of = &tests{map[string]string{}, map[string]string{}}
			t.rules[f.Rule] = of
		}
		text := textOf(p.Result, f)
		switch {
		case d.Action == decision.Confirm:
			of.hit[text] = note(p, d)
		case d.Action == decision.Dismiss && d.Reason == decision.RuleWrong:
			of.miss[text] = note(p, d)
		}
	}
	return nil
}

func (t *ruleTests) drop() {}

func (t *ruleTests) close() error {
	w := bufio.NewWriter(t.w)
	fmt.Fprint(w, "# What reviewers decided, as tests of rules. Add each to the tests of its rule, mend\n# match or unless until \"pageinspect rules check\" passes, and see with \"rules diff\" what changes.\nrules:")
	n := 0
	for _, id := range slices.Sorted(maps.Keys(t.rules)) {
		of := t.rules[id]
		if len(of.miss) == 0 {
			continue
		}
		n++
		fmt.Fprintf(w, "\n  - id: %s\n    tests:\n", id)
		put(w, "hit", of.hit, of.miss)
		put(w, "miss", of.miss, of.hit)
	}
	if n == 0 {
		fmt.Fprint(w, " []\n")
	}
	return w.Flush()
}

// put writes texts, but for those that others decided otherwise: they are told and
// are no test.
func put(w *bufio.Writer, name string, texts, otherwise map[string]string) {
	if len(texts) == 0 {
		return
	}
	fmt.Fprintf(w, "      %s:\n", name)
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		if said, both := otherwise[text]; both {
			fmt.Fprintf(w, "        # reviewers disagree: %s (%s; %s)\n", quote(text), comment(texts[text]), comment(said))
			continue
		}
		fmt.Fprintf(w, "        # %s\n        - %s\n", comment(texts[text]), quote(text))
	}
}

// quote is text in double quotes as YAML reads it: JSON's escapes are YAML's.
func quote(text string) string {
	text = strings.ToValidUTF8(text, "")
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// comment is text that stays within a line.
func comment(text string) string {
	return strings.Map(func(c rune) rune {
		if !strconv.IsPrint(c) {
			return -1
		}
		return c
	}, text)
}
