package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/schollz/progressbar/v3"
)

// pace says how fast something goes and when it will be done: "12 a second, until
// about 14:32". It says nothing of what has only begun.
func pace(began, now time.Time, done, total int) string {
	took := now.Sub(began)
	if done <= 0 || took < time.Second {
		return ""
	}
	each := took / time.Duration(done)
	rate := fmt.Sprintf("%.1f a minute", time.Minute.Seconds()/each.Seconds())
	switch {
	case each < 100*time.Millisecond:
		rate = fmt.Sprintf("%.0f a second", 1/each.Seconds())
	case each < time.Second:
		rate = fmt.Sprintf("%.1f a second", 1/each.Seconds())
	}
	if total <= done {
		return rate
	}
	end := now.Add(each * time.Duration(total-done))
	layout := "15:04"
	switch left := end.Sub(now); {
	case left < 5*time.Minute:
		layout = "15:04:05"
	case left > 20*time.Hour:
		layout = "Jan 2, 15:04"
	}
	return rate + ", until about " + end.Format(layout)
}

// newBar is a bar on a terminal, and nothing elsewhere. total is -1 where it is not
// known. What it shows is said by its owner, who knows how fast it goes.
func newBar(w io.Writer, total int, doing string, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions(total, append(more,
		progressbar.OptionSetWriter(terminal(w)), progressbar.OptionSetVisibility(isTerminal(w)), progressbar.OptionSetDescription(doing),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())...)
}

// meter is the progress of many small things: a bar on a terminal, a line every so
// often elsewhere. It is safe for concurrent use.
type meter struct {
	mu          sync.Mutex
	w           io.Writer
	bar         *progressbar.ProgressBar
	words       int
	doing       string
	done, total int // total is -1 where it is not known
	began, said time.Time
	now         func() time.Time
}

// saidEvery is how often a meter tells where there is no terminal: often enough
// to see that it goes on, seldom enough for a log.
const saidEvery = 10 * time.Second

func newMeter(w io.Writer, total int, doing string) *meter {
	m := &meter{w: w, total: total, doing: doing, now: time.Now}
	m.began = m.now()
	m.said = m.began
	width := terminalWidth(w)
	m.words = max(width-width/4-12, 8)
	m.bar = newBar(w, total, doing, progressbar.OptionSetWidth(max(width/4, 3)))
	return m
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	now := m.now()
	line := m.doing + " " + thousands(m.done)
	if m.total > 0 {
		line += " of " + thousands(m.total)
	}
	if p := pace(m.began, now, m.done, m.total); p != "" {
		line += ", " + p
	}
	if isTerminal(m.w) {
		m.bar.Describe(text.Snip(line, m.words, "…"))
		m.bar.Add(n) //nolint:errcheck // a bar that cannot be drawn stops nothing
	} else if now.Sub(m.said) >= saidEvery {
		m.said = now
		fmt.Fprintln(m.w, line)
	}
}

// clear takes the bar away from where a line is to be printed.
func (m *meter) clear() { m.bar.Clear() } //nolint:errcheck // likewise

// close takes the bar away for good.
func (m *meter) close() { m.bar.Finish() } //nolint:errcheck // likewise
