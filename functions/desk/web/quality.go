package web

import (
	"context"
	"net/http"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

func (d *Desk) qualityRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /summary", d.summary)
	mux.HandleFunc("GET /quality", d.quality)
	mux.HandleFunc("POST /p/{id}/golden", d.golden)
}

// summaryBody is what the whole comes to.
type summaryBody struct {
	Filter filter
	index.Summary
	Right map[string]quality.Rule // by rule; of all decisions, whatever the filter
}

func (d *Desk) summary(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body := summaryBody{Filter: f, Right: map[string]quality.Rule{}}
	if body.Summary, err = d.Index.Summary(r.Context(), f.Query); err != nil {
		d.fail(w, r, err)
		return
	}
	all, err := d.Index.Decisions(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, rule := range quality.Rules(all) {
		body.Right[rule.Rule] = rule
	}
	d.show(w, r, http.StatusOK, "summary", body)
}

// qualityBody is how good the decisions are.
type qualityBody struct {
	Rules       []quality.Agreement
	People      []quality.Agreement
	Differences []quality.Difference
	Readers     []quality.Reader
	Golden      int // golden pages
	Passes      quality.Share
	// Waiting counts the pages that wait for this reader, by queue.
	Waiting map[string]int
}

func (d *Desk) quality(w http.ResponseWriter, r *http.Request) {
	all, err := d.Index.Decisions(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body := qualityBody{Readers: quality.GoldenAnswers(all), Passes: quality.PassSample(all), Waiting: map[string]int{}}
	body.Rules, body.People, body.Differences = quality.SecondReadings(all)
	golden := map[string]bool{}
	for _, one := range all {
		if one.Series == decision.Golden {
			golden[one.Subject] = true
		}
	}
	body.Golden = len(golden)
	for queue := range queues {
		ids, err := d.blindPages(r.Context(), queue, sessionOf(r).Who)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		body.Waiting[queue] = len(ids)
	}
	d.show(w, r, http.StatusOK, "quality", body)
}

// golden makes what was decided on a page the right answer, with which readers are tested.
func (d *Desk) golden(w http.ResponseWriter, r *http.Request) {
	id, e, ok := d.decider(w, r, &struct{}{})
	if !ok {
		return
	}
	made, err := d.makeGolden(r.Context(), id, e)
	d.index(r.Context(), made...)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.answer(w, r, http.StatusOK, struct {
		Decisions []decision.Decision `json:"decisions"`
	}{made})
}

func (d *Desk) makeGolden(ctx context.Context, id string, e eyes) (made []decision.Decision, err error) {
	if e.blind() {
		return nil, errMayNot
	}
	r, _, err := d.Pages.Result(ctx, id)
	if err != nil {
		return nil, err
	}
	standing, err := d.standing(ctx, e, r)
	if err != nil {
		return nil, err
	}
	if standing.Open > 0 || standing.State == decision.Open || standing.State == decision.None && standing.Whole == nil {
		return nil, fault.New(fault.Invalid, "decide on all of the page first; what was decided becomes the answer")
	}
	onPage, err := d.Ledger.Read(ctx, decision.Page, id)
	if err != nil {
		return nil, err
	}
	earlier, err := d.Ledger.Read(ctx, decision.Golden, id)
	if err != nil {
		return nil, err
	}
	if len(decision.Valid(earlier)) > 0 {
		return nil, fault.New(fault.Invalid, "it is a golden page already")
	}
	known := latest(earlier)
	for _, one := range decision.Valid(onPage) {
		one.Series, one.By, one.Run = decision.Golden, e.who, ""
		taken, err := d.Ledger.Decide(ctx, one, known)
		if err != nil {
			return made, err
		}
		made, known = append(made, taken), taken.N
	}
	if len(made) == 0 {
		return nil, fault.New(fault.Invalid, "what is decided here was decided on its pictures; decide on the page itself first")
	}
	return made, nil
}
