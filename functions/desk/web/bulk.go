package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/sync/errgroup"
)

const (
	// bulkAtOnce is how many pages of a bulk action are decided on at a time: each waits
	// for the bucket three times.
	bulkAtOnce = 8
	// bulkIndexed is how many decisions the index is told of at a time.
	bulkIndexed = 100
	// bulkTold is how often a bulk action says how far it is.
	bulkTold = 200 * time.Millisecond
)

// bulkWish is one decision for many pages, each as a whole.
type bulkWish struct {
	// Pages that were chosen one by one, as they were seen; or else Filter, the
	// parameters of a list, and Expect, how many pages it was said to have.
	Pages  []bulkPage
	Filter string
	Expect int
	Action decision.Action
	Reason decision.Reason
	Policy string
	Words  string
}

type bulkPage struct {
	ID      string
	Version json.Number
	Known   int
}

// bulkLine is a line of the answer to a bulk action, which has a line for each page as
// soon as it is decided on, and a last one with the run.
type bulkLine struct {
	ID    string `json:"id,omitempty"`
	N     int    `json:"n,omitempty"`     // number of the decision
	Error string `json:"error,omitempty"` // why the page was left alone
	Of    int    `json:"of,omitempty"`    // in the first line: how many pages there are
	Run   string `json:"run,omitempty"`   // in the first line and the last
	Done  bool   `json:"done,omitempty"`  // in the last line
}

// bulk decides on many pages: one decision each, under one run. Pages that somebody
// else has, that were inspected again, or that others decided on meanwhile are left
// alone, and told. If the reviewer goes away it ends, and what was decided stands.
func (d *Desk) bulk(w http.ResponseWriter, r *http.Request) {
	var asked bulkWish
	_, who, ok := d.decider(w, r, &asked)
	if !ok {
		return
	}
	chosen, err := d.chosen(r.Context(), asked)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	claims, err := d.claims(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	run := rand.Text()
	lang := sessionOf(r).Lang
	d.each(w, r, run, chosen, func(ctx context.Context, p bulkPage) ([]decision.Decision, error) {
		if c, held := claims[p.ID]; held && c.By != who {
			return nil, fault.New(fault.Invalid, "%s", text(lang, "error.claimed", "who", c.By))
		}
		s, err := d.see(ctx, p.ID, p.Version)
		if err != nil {
			return nil, err
		}
		return d.take(ctx, who, run, s, wish{
			Known: p.Known, Action: asked.Action, Reason: asked.Reason, Policy: asked.Policy, Words: asked.Words, Open: true, Whole: true,
		})
	})
}

// chosen are the pages of a bulk action.
func (d *Desk) chosen(ctx context.Context, asked bulkWish) (all []bulkPage, err error) {
	if asked.Filter == "" && asked.Expect == 0 {
		if len(asked.Pages) == 0 {
			return nil, fault.New(fault.Invalid, "pages: none is chosen")
		}
		return asked.Pages, nil
	}
	v, err := url.ParseQuery(asked.Filter)
	if err != nil {
		return nil, fault.New(fault.Invalid, "filter: %v", err)
	}
	f, err := filterOf(v)
	if err != nil {
		return nil, err
	}
	q := f.Query
	q.After, q.Limit = "", 500
	for {
		list, err := d.Index.Pages(ctx, q)
		if err != nil {
			return nil, err
		}
		if list.Total != asked.Expect {
			return nil, errCount
		}
		for _, r := range list.Rows {
			all = append(all, bulkPage{r.ID, json.Number(spellVersion(r.Version)), r.Last})
		}
		if q.After = list.Next; q.After == "" {
			return all, nil
		}
	}
}

// undoBulk takes back the decisions of a run: {"run", "pages": [{"id", "known"}]},
// where known is the number of the page's decision of that run.
func (d *Desk) undoBulk(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Run   string
		Pages []bulkPage
	}
	_, who, ok := d.decider(w, r, &asked)
	if !ok {
		return
	}
	d.each(w, r, rand.Text(), asked.Pages, func(ctx context.Context, p bulkPage) ([]decision.Decision, error) {
		made, err := d.Ledger.Decide(ctx, decision.Decision{Series: decision.Page, Subject: p.ID, Action: decision.Undo, Undoes: p.Known, By: who, Run: asked.Run}, p.Known)
		if err != nil {
			return nil, err
		}
		return []decision.Decision{made}, nil
	})
}

// each does something to many pages, some at a time, and answers a line of JSON for each.
func (d *Desk) each(w http.ResponseWriter, r *http.Request, run string, all []bulkPage, do func(context.Context, bulkPage) ([]decision.Decision, error)) {
	lang := sessionOf(r).Lang
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &lines{w: w}
	out.write(bulkLine{Run: run, Of: len(all)})
	var mu sync.Mutex
	var made []decision.Decision // that the index does not know yet
	ctx := r.Context()
	var group errgroup.Group
	group.SetLimit(bulkAtOnce)
	for _, p := range all {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			taken, err := do(ctx, p)
			line := bulkLine{ID: p.ID}
			if err != nil {
				_, told := d.problemOf(lang, err)
				line.Error = told.Message
			}
			mu.Lock()
			made = append(made, taken...)
			var known []decision.Decision
			if len(made) >= bulkIndexed {
				known, made = made, nil
			}
			mu.Unlock()
			d.index(ctx, known...)
			if len(taken) > 0 {
				line.N = taken[len(taken)-1].N
			}
			out.write(line)
			return nil
		})
	}
	group.Wait() //nolint:errcheck // none fails
	d.index(ctx, made...)
	out.write(bulkLine{Run: run, Done: ctx.Err() == nil})
}

// lines are lines of JSON that a reader gets every bulkTold.
type lines struct {
	mu   sync.Mutex
	w    http.ResponseWriter
	told time.Time
}

func (l *lines) write(line bulkLine) {
	b, _ := json.Marshal(line) // it has strings, numbers and booleans only
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Write(append(b, '\n')) //nolint:errcheck // the reader is gone, and the context ends
	if now := time.Now(); now.Sub(l.told) > bulkTold || line.Done {
		l.told = now
		http.NewResponseController(l.w).Flush() //nolint:errcheck // then it comes at the end
	}
}
