package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/schollz/progressbar/v3"
)

// progress shows how far the pages are: a bar on a terminal, elsewhere a line for
// each step or, of many pages, for each page that has ended. It hears the functions' own logs.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	bar   *progressbar.ProgressBar // nil where there is no terminal
	words int                      // how many cells of the bar's line are for what is said
	began time.Time
	now   func() time.Time
	total int
	ended int
	at    map[string]int // percent of each page
	last  map[string]string
}

func newProgress(w io.Writer, pages int) *progress {
	p := &progress{w: w, began: time.Now(), now: time.Now, total: pages, at: map[string]int{}, last: map[string]string{}}
	if width := terminalWidth(w); isTerminal(w) {
		// A quarter is the bar, and all but its own figures is for what is said; a line
		// that does not fit would be left standing at every change.
		bar := min(30, max(width/4, 3))
		p.words = max(width-bar-12, 8)
		p.bar = newBar(w, pages*100, "starting", progressbar.OptionSetWidth(bar))
	}
	return p
}

// weights says at which percent of a page each step begins and ends, measured
// on the samples: drawing and reading take nearly all the time.
var weights = map[string][2]int{
	"profile": {1, 1}, "tab": {2, 2}, "navigate": {3, 5}, "settle": {5, 15}, "tile": {15, 40}, "manifest": {40, 41},
	"annotate": {42, 95}, "merge": {95, 95}, "selfcheck": {95, 96}, "inspect": {96, 97},
	"report": {97, 98}, "result": {98, 98}, "announce": {99, 99},
}

// hear takes a log entry of a function.
func (p *progress) hear(entry map[string]any) {
	if entry["message"] != "progress" {
		return
	}
	id, _ := entry["id"].(string)
	stage, _ := entry["stage"].(string)
	step, _ := entry["step"].(string)
	done, _ := entry["done"].(float64)
	total, _ := entry["total"].(float64)
	span, known := weights[step]
	if !known {
		return
	}
	what := stage + ": " + step
	percent := span[0]
	if total > 0 {
		what = fmt.Sprintf("%s %.0f of %.0f", what, done, total)
		percent += int(float64(span[1]-span[0]) * done / total)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at[id] == 100 || p.last[id] == what {
		return
	}
	p.last[id] = what
	p.at[id] = max(p.at[id], percent)
	if p.bar != nil || p.total <= manyPages {
		p.say(id, what)
	}
}

// done shows what became of a page.
func (p *progress) done(o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	p.at[o.id] = 100
	what := ""
	switch {
	case o.failure != nil:
		what = fmt.Sprintf("failed (%s): %s", o.failure.Kind, o.failure.Message)
	default:
		what = fmt.Sprintf("done: %s, %d findings", o.result.Verdict, len(o.result.Findings))
	}
	if p.bar == nil && p.total > 1 {
		what += fmt.Sprintf(" (%s of %s%s)", thousands(p.ended), thousands(p.total), p.pace())
	}
	p.say(o.id, what)
}

// pace is that of the pages that have ended.
func (p *progress) pace() string {
	if s := pace(p.began, p.now(), p.ended, p.total); s != "" {
		return ", " + s
	}
	return ""
}

func (p *progress) say(id, what string) {
	id, what = oneLine(id), oneLine(what)
	if p.bar == nil {
		fmt.Fprintf(p.w, "%6.1fs  %-28s %s\n", p.now().Sub(p.began).Seconds(), id, what)
		return
	}
	sum := 0
	for _, percent := range p.at {
		sum += percent
	}
	p.bar.Describe(text.Snip(fmt.Sprintf("%d/%d%s %s %s", p.ended, p.total, p.pace(), text.Snip(id, max(p.words/3, 8), "…"), what), p.words, "…"))
	p.bar.Set(min(sum, p.total*100)) //nolint:errcheck // a bar that cannot be drawn stops nothing
}

// close takes the bar away.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Finish() //nolint:errcheck // likewise
		p.bar = nil
	}
}
