package export

import (
	"strings"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// maxContext bounds the text around a quote, in letters.
const maxContext = 400

// textOf is the text that a rule met, with what stands beside it in its block: that
// is what decides whether it may be said.
func textOf(r result.Result, f result.Finding) string {
	if len(f.Lines) == 0 || f.Source == result.InHTML {
		return f.Quote
	}
	blocks := map[int]bool{}
	for _, n := range f.Lines {
		if n >= 0 && n < len(r.Lines) {
			blocks[r.Lines[n].Block] = true
		}
	}
	whole, own := join(r, func(i int) bool { return blocks[r.Lines[i].Block] }), join(r, func(i int) bool {
		for _, n := range f.Lines {
			if n == i {
				return true
			}
		}
		return false
	})
	switch {
	case whole != "" && len([]rune(whole)) <= maxContext:
		return whole
	case own != "":
		return own
	}
	return f.Quote
}

func join(r result.Result, has func(i int) bool) string {
	var all []string
	for i, l := range r.Lines {
		if has(i) {
			all = append(all, l.Text)
		}
	}
	return strings.Join(all, "\n")
}

// note says who decided what about which page, in one line.
func note(p Page, d *decision.Decision) string {
	return strings.Join(strings.Fields(p.Result.ID+" "+string(d.Action)+" "+string(d.Reason)+" "+d.By+" "+d.At.UTC().Format("2006-01-02")+" "+d.Words), " ")
}
