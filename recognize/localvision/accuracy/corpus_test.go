package accuracy_test

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/localvision/accuracy"
	"github.com/pageinspect/pageinspect/recognize/rules"
	corpora "github.com/pageinspect/pageinspect/recognize/rules/accuracy"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Each text of a corpus is drawn in a box of its own, so that what was read of it is known by its height.
const (
	boxHeight    = 130 // CSS px
	textsPerPage = 30
	corpusScale  = 1.5
)

// drawn is a page of texts.
func drawn(texts []corpora.Text) accuracy.Document {
	var b strings.Builder
	fmt.Fprintf(&b,
		`<body style="margin:0;position:relative;height:%dpx;font:24px/32px NanumGothic,'Noto Sans CJK KR',sans-serif">`,
		boxHeight*len(texts))
	for i, t := range texts {
		fmt.Fprintf(&b, `<div style="position:absolute;left:20px;width:1200px;top:%dpx">%s</div>`, boxHeight*i+15,
			strings.ReplaceAll(html.EscapeString(t.Text), "\n", "<br>"))
	}
	return accuracy.Document{HTML: b.String()}
}

// TestRulesOnTextsAsRead prints what the rules find of the corpora in text that
// was drawn and read again.
func TestRulesOnTextsAsRead(t *testing.T) {
	if !*full {
		return
	}
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	engine := connect(t)
	for _, name := range []string{"write.tsv", "look.tsv"} {
		f, err := os.Open("../../rules/accuracy/corpus/" + name)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := corpora.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		var asRead, asWritten corpora.Tally
		for from := 0; from < len(texts); from += textsPerPage {
			some := texts[from:min(from+textsPerPage, len(texts))]
			pages, err := accuracy.Render(t.Context(), []accuracy.Document{drawn(some)}, corpusScale)
			if err != nil {
				t.Fatal(err)
			}
			lines, err := engine.Read(t.Context(), fmt.Sprintf("corpus-%d", time.Now().UnixNano()), pages[0], corpusScale)
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range some {
				asRead.Add(text.Violating, hits(t, set, text.Category, within(lines, i)))
				ids, err := corpora.Found(set, text, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				asWritten.Add(text.Violating, len(ids) > 0)
			}
		}
		t.Logf("%s as read:    recall %s, precision %s", name, asRead.Recall(), asRead.Precision())
		t.Logf("%s as written: recall %s, precision %s", name, asWritten.Recall(), asWritten.Precision())
	}
}

// within is the lines in the box of a text.
func within(lines []result.Line, i int) (own []result.Line) {
	for _, l := range lines {
		if int(l.Box.Y+l.Box.H/2)/boxHeight == i {
			own = append(own, l)
		}
	}
	return own
}

func hits(t *testing.T, set *rules.Set, category string, lines []result.Line) bool {
	t.Helper()
	findings, err := set.Inspect(lines, rules.Query{Category: category})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Mode == result.Enforce {
			return true
		}
	}
	return false
}
