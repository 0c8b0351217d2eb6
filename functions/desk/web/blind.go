package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// eyes are what a reader sees of the decisions on a page: all of them or, if they
// read it blind, their own of the series that they read it for and nothing else.
type eyes struct {
	who    string
	series decision.Series
}

// eyes says how a reader reads a page. What they claimed it for says so, which is an
// object of the bucket: any desk knows, and no address gives it away.
func (d *Desk) eyes(ctx context.Context, id, who string) (eyes, error) {
	claims, err := d.claims(ctx)
	if err != nil {
		return eyes{}, err
	}
	return eyesOf(claims[id], who), nil
}

func eyesOf(c ledger.Claim, who string) eyes {
	if c.By == who && c.For != "" {
		return eyes{who, c.For}
	}
	return eyes{who, decision.Page}
}

func (e eyes) blind() bool { return e.series != decision.Page }

// read are the decisions on a page that they see, those undone, too.
func (e eyes) read(ctx context.Context, d *Desk, id string) ([]decision.Decision, error) {
	all, err := d.Ledger.Read(ctx, e.series, id)
	if err != nil || !e.blind() {
		return all, err
	}
	return slices.DeleteFunc(all, func(one decision.Decision) bool { return one.By != e.who }), nil
}

// known is the number that a new decision of theirs follows. Whoever reads blind need
// not have seen what others of the series said.
func (e eyes) known(ctx context.Context, d *Desk, id string, seen int) (int, error) {
	if !e.blind() {
		return seen, nil
	}
	all, err := d.Ledger.Read(ctx, e.series, id)
	return latest(all), err
}

// queues are what a reader may be given beside the list, by the name in the address,
// with the series that their decisions belong to.
var queues = map[string]decision.Series{"second": decision.Second, "passes": decision.Check}

// nextBlind leads to a page that is to be read blind: the next of the queue that the
// address names or, now and then and without a word, a golden page in place of the
// list's next. It says whether it has answered.
func (d *Desk) nextBlind(w http.ResponseWriter, r *http.Request, v url.Values) bool {
	s, name := sessionOf(r), v.Get("queue")
	series, ok := queues[name]
	if !ok {
		name, series = "", decision.Check
	}
	if !s.MayDecide {
		return false
	}
	ids, err := d.blindPages(r.Context(), name, s.Who)
	for _, id := range ids {
		if err != nil {
			break
		}
		if _, err = d.Ledger.ClaimFor(r.Context(), id, s.Who, series); errors.Is(err, ledger.ErrClaimed) {
			err = nil
			continue
		}
		if err == nil {
			d.forget()
			v.Del("after")
			http.Redirect(w, r, "/p/"+url.PathEscape(id)+"?"+v.Encode(), http.StatusFound)
			return true
		}
	}
	switch {
	case err != nil:
		d.fail(w, r, err)
	case name != "":
		http.Redirect(w, r, "/quality", http.StatusFound)
	default:
		return false
	}
	return true
}

// blindPages are the pages of a queue that wait for a reader or, of no queue, the golden
// page that it is time for.
func (d *Desk) blindPages(ctx context.Context, queue, who string) ([]string, error) {
	if queue == "" && d.Shares.Golden == 0 {
		return nil, nil
	}
	all, err := d.Index.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	book := quality.NewBook(all, d.Shares)
	q, waits := index.Query{Verdicts: []string{string(result.Pass)}}, book.Pass
	switch queue {
	case "":
		id, ok := book.Golden(who)
		if _, there, err := d.Index.Row(ctx, id); !ok || !there {
			return nil, err
		}
		return []string{id}, nil
	case "second":
		q = index.Query{States: []string{string(decision.Confirmed), string(decision.Dismissed), string(decision.Escalated)}}
		waits = func(id string) bool { return book.Second(id, who) }
	}
	ids, err := d.Index.IDs(ctx, q)
	return slices.DeleteFunc(ids, func(id string) bool { return !waits(id) }), err
}
