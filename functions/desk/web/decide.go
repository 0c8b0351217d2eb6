package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// wish is what a reviewer asks to be decided on a page that they see.
type wish struct {
	Known   int         // number of the page's latest decision that they saw, or 0
	Version json.Number // of the result that they saw, as text or number
	Action  decision.Action
	Reason  decision.Reason
	Policy  string
	Words   string
	// What it is about: findings by their index, all that are open, or the page as a
	// whole, with all findings that count. With Open and Whole it is the page as a
	// whole, and what others decided on single findings stays as it is.
	Findings []int
	Open     bool
	Whole    bool
	// Picture decides for every page that shows the pictures that the findings lie in.
	Picture bool
}

// take makes the decisions of a wish: one, or one for each picture; more than one of a page
// where it has more findings than a decision holds. What was shown is kept first. The
// decisions that were taken before an error are returned with it.
func (d *Desk) take(ctx context.Context, e eyes, run string, s seen, w wish) (made []decision.Decision, err error) {
	marks, err := d.marks(ctx, e, s, w)
	if err != nil {
		return nil, err
	}
	known, err := e.known(ctx, d, s.Ref.ID, w.Known)
	if err != nil {
		return nil, err
	}
	one := decision.Decision{
		Series: e.series, Subject: s.Ref.ID, By: e.who, Run: run,
		Action: w.Action, Reason: w.Reason, Policy: w.Policy, Words: w.Words,
	}
	one.Shown, err = d.keep(ctx, s)
	if err != nil {
		return nil, err
	}
	one.Shown.Blind = e.blind()
	if w.Picture && !e.blind() {
		return d.takeOnPictures(ctx, one, marks)
	}
	if one.Whole = w.Whole; w.Whole {
		one.Unseen = decision.UnseenOf(s.Result)
	}
	for rest := marks; len(made) == 0 || len(rest) > 0; {
		n := min(len(rest), decision.MaxMarks)
		one.Marks, rest = rest[:n:n], rest[n:]
		taken, err := d.Ledger.Decide(ctx, one, known+len(made))
		if err != nil {
			return made, err
		}
		made = append(made, taken)
	}
	return made, nil
}

// takeOnPictures decides on each picture that a mark lies in.
func (d *Desk) takeOnPictures(ctx context.Context, one decision.Decision, marks []decision.Mark) (made []decision.Decision, err error) {
	var pictures []string
	byPicture := map[string][]decision.Mark{}
	for _, m := range marks {
		in, ok := m.InPicture()
		if !ok {
			return nil, errNoPicture
		}
		if byPicture[m.Picture] == nil {
			pictures = append(pictures, m.Picture)
		}
		byPicture[m.Picture] = append(byPicture[m.Picture], in)
	}
	one.Series = decision.Picture
	for _, picture := range pictures {
		earlier, err := d.Ledger.Read(ctx, decision.Picture, picture)
		if err != nil {
			return made, err
		}
		one.Subject, one.Marks = picture, byPicture[picture]
		taken, err := d.Ledger.Decide(ctx, one, latest(earlier))
		if err != nil {
			return made, err
		}
		made = append(made, taken)
	}
	return made, nil
}

// latest is the number of the last decision, or 0.
func latest(all []decision.Decision) int {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].N
}

// marks are the findings that a wish is about.
func (d *Desk) marks(ctx context.Context, e eyes, s seen, w wish) (marks []decision.Mark, err error) {
	var states []decision.State
	if w.Open {
		standing, err := d.standing(ctx, e, s.Result)
		if err != nil {
			return nil, err
		}
		states = standing.Findings
	}
	for i, f := range s.Findings {
		if slices.Contains(w.Findings, i) || w.Open && states[i] == decision.Open || w.Whole && !w.Open && decision.Counts(f) {
			marks = append(marks, decision.MarkOf(s.Result, f))
		}
	}
	for _, i := range w.Findings {
		if i < 0 || i >= len(s.Findings) {
			return nil, fault.New(fault.Invalid, "findings: there is no finding %d", i)
		}
	}
	return marks, nil
}

// standing is where a page stands by the ledger, which knows of a decision before any index.
func (d *Desk) standing(ctx context.Context, e eyes, r result.Result) (decision.Standing, error) {
	onPage, err := e.read(ctx, d, r.ID)
	if err != nil || e.blind() {
		return decision.Stand(r, onPage, nil), err
	}
	onPictures := map[string][]decision.Decision{}
	for _, f := range r.Findings {
		picture := decision.MarkOf(r, f).Picture
		if _, read := onPictures[picture]; picture == "" || read {
			continue
		}
		if onPictures[picture], err = d.Ledger.Read(ctx, decision.Picture, picture); err != nil {
			return decision.Standing{}, err
		}
	}
	return decision.Stand(r, onPage, onPictures), nil
}

// standingJSON is where a page stands, for scripts.
type standingJSON struct {
	State    decision.State   `json:"state"`
	Open     int              `json:"open"`     // findings that count and are open
	Findings []decision.State `json:"findings"` // of each, in the result's order
	Known    int              `json:"known"`    // number of the page's latest decision
}

// decidedJSON answers a decision or an undo.
type decidedJSON struct {
	Decision  decision.Decision   `json:"decision"`
	Decisions []decision.Decision `json:"decisions"` // all of them, where there are several
	Standing  *standingJSON       `json:"standing,omitempty"`
	Next      string              `json:"next"` // address of the next page of the filter
}

func (d *Desk) decide(w http.ResponseWriter, r *http.Request) {
	var asked wish
	id, e, ok := d.decider(w, r, &asked)
	if !ok {
		return
	}
	ctx := r.Context()
	next := d.nextAt(ctx, r.URL.Query(), id) // from where the page stands now: a decision moves it
	s, err := d.see(ctx, id, asked.Version)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	made, err := d.take(ctx, e, "", s, asked)
	d.index(ctx, made...)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.answer(w, r, http.StatusOK, decidedJSON{made[0], made, d.standingOf(ctx, e, s.Result), next})
}

// decider reads the body of a request that decides something on a page, whose id it
// returns with who asks and how they read it. It has answered where they may not, or somebody else has the page.
func (d *Desk) decider(w http.ResponseWriter, r *http.Request, body any) (id string, e eyes, ok bool) {
	s, id := sessionOf(r), r.PathValue("id")
	if !s.MayDecide {
		d.fail(w, r, errMayNot)
		return "", e, false
	}
	if err := decode(r, body); err != nil {
		d.fail(w, r, err)
		return "", e, false
	}
	claims, err := d.claims(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return "", e, false
	}
	if c, held := claims[id]; held && c.By != s.Who {
		d.failClaimed(w, r, c)
		return "", e, false
	}
	return id, eyesOf(claims[id], s.Who), true
}

// index has the index know of decisions at once. What it misses it finds when it catches up.
func (d *Desk) index(ctx context.Context, made ...decision.Decision) {
	if len(made) == 0 {
		return
	}
	if err := d.Index.Decided(context.WithoutCancel(ctx), made...); err != nil {
		d.Log.ErrorContext(ctx, "decisions are not in the index", "decisions", len(made), "error", err)
	}
}

// standingOf is where a page stands after a decision, or nil where that cannot be told
// now: the decision stands all the same.
func (d *Desk) standingOf(ctx context.Context, e eyes, r result.Result) *standingJSON {
	s, err := d.standing(ctx, e, r)
	if err != nil {
		d.Log.ErrorContext(ctx, "where a page stands cannot be told", "id", r.ID, "error", err)
		return nil
	}
	known := 0
	if all, err := e.read(ctx, d, r.ID); err == nil {
		known = latest(all)
	}
	return &standingJSON{s.State, s.Open, s.Findings, known}
}

// undo takes a decision back: {"known", "undoes"}, and "picture", its SHA-256, for one
// on a picture, and the "series" that it belongs to. Of one on a picture, or made blind, known is not asked.
func (d *Desk) undo(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Known, Undoes int
		Picture       string
		Series        decision.Series
	}
	id, e, ok := d.decider(w, r, &body)
	if !ok {
		return
	}
	ctx := r.Context()
	switch body.Series {
	case decision.Page, decision.Second, decision.Check:
		e.series = body.Series // whatever the page is claimed for by now
	}
	undo := decision.Decision{Series: e.series, Subject: id, Action: decision.Undo, Undoes: body.Undoes, By: e.who}
	known, err := body.Known, error(nil)
	switch {
	case body.Picture != "":
		undo.Series, undo.Subject = decision.Picture, body.Picture
		var earlier []decision.Decision
		earlier, err = d.Ledger.Read(ctx, decision.Picture, body.Picture)
		known = latest(earlier)
	case e.blind():
		var mine []decision.Decision
		if mine, err = e.read(ctx, d, id); err == nil && !slices.ContainsFunc(mine, func(one decision.Decision) bool { return one.N == body.Undoes }) {
			err = errMayNot // it is another's, whom they do not see
		}
		if err == nil {
			known, err = e.known(ctx, d, id, 0)
		}
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	made, err := d.Ledger.Decide(ctx, undo, known)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.index(ctx, made)
	answer := decidedJSON{Decision: made, Decisions: []decision.Decision{made}, Next: d.nextAt(ctx, r.URL.Query(), id)}
	if now, _, err := d.Pages.Result(ctx, id); err == nil {
		answer.Standing = d.standingOf(ctx, e, now)
	}
	d.answer(w, r, http.StatusOK, answer)
}
