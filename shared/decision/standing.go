package decision

import (
	"slices"

	"github.com/pageinspect/pageinspect/shared/result"
)

// State is where a page, or a finding, stands with its reviewers.
type State string

// The states, from what needs a person most to what needs none.
const (
	Open      State = "open"      // nobody has decided, or what was decided holds no longer
	Escalated State = "escalated" // somebody else must decide
	Confirmed State = "confirmed"
	Dismissed State = "dismissed"
	None      State = "none" // there is nothing to decide: it passed
)

// States lists the states.
var States = []State{Open, Escalated, Confirmed, Dismissed, None}

// Standing is where a page stands: each of its findings, and the whole.
type Standing struct {
	State State
	// Findings has the state of each of the result's findings, in their order: None
	// of those that count for no verdict.
	Findings []State
	// By has, for each finding, the decision that it has; nil: none.
	By []*Decision
	// Whole is the decision on the page as a whole that still holds, if any.
	Whole *Decision
	// Last is the latest decision on the page itself that was not undone, whether
	// it still holds or not.
	Last *Decision
	// Open counts the findings that count and are open.
	Open int
}

// Counts says whether a finding counts for its page's verdict.
func Counts(f result.Finding) bool {
	return f.Mode == result.Enforce && f.Severity != result.Info
}

// Stand says where a page stands by the decisions of its series page, and by those
// on its pictures, by their SHA-256; each in order of N. Later decisions count
// before earlier ones, and those on the page before those on its pictures.
func Stand(r result.Result, onPage []Decision, onPictures map[string][]Decision) Standing {
	s := Standing{Findings: make([]State, len(r.Findings)), By: make([]*Decision, len(r.Findings))}
	onPage = Valid(onPage)
	if n := len(onPage); n > 0 {
		s.Last = &onPage[n-1]
	}
	valid := map[string][]Decision{}
	for picture, all := range onPictures {
		valid[picture] = Valid(all)
	}
	counted := 0
	for i, f := range r.Findings {
		s.Findings[i] = None
		now := MarkOf(r, f)
		if d := latest(onPage, now); d != nil {
			s.By[i] = d
		} else if in, ok := now.InPicture(); ok {
			s.By[i] = latest(valid[now.Picture], in)
		}
		if !Counts(f) {
			continue
		}
		counted++
		s.Findings[i] = stateOf(s.By[i])
		if s.Findings[i] == Open {
			s.Open++
		}
	}
	whole, lapsed := wholeOf(r, onPage)
	s.Whole = whole
	s.State = worst(s.Findings, s.rest(r, counted, lapsed))
	return s
}

// rest is where the page stands apart from its findings. What was not seen or not
// read, and what is to be reviewed without a finding, only a decision on the page
// as a whole settles.
func (s Standing) rest(r result.Result, counted int, lapsed bool) State {
	if s.Whole != nil {
		return stateOf(s.Whole)
	}
	if lapsed || len(r.Unseen) > 0 || endsEarly(r) || counted == 0 && r.Verdict != result.Pass {
		return Open
	}
	return None
}

// endsEarly says that a page goes on where its pictures or its reading ended, and
// no region says where.
func endsEarly(r result.Result) bool { return r.Page.Partial != "" || r.Page.Truncated }

// worst is the state of a page: the one that needs a person most. A page with a
// confirmed violation and no open finding needs nobody to look at the rest.
func worst(findings []State, rest State) State {
	has := map[State]bool{}
	for _, f := range findings {
		has[f] = true
	}
	if has[Confirmed] && !has[Open] && !has[Escalated] {
		return Confirmed
	}
	has[rest] = true
	for _, state := range States {
		if has[state] {
			return state
		}
	}
	return None
}

func stateOf(d *Decision) State {
	if d == nil {
		return Open
	}
	switch d.Action {
	case Confirm:
		return Confirmed
	case Dismiss:
		return Dismissed
	case Escalate:
		return Escalated
	}
	return Open
}

// latest is the last decision that is about the finding.
func latest(all []Decision, now Mark) *Decision {
	for i := len(all) - 1; i >= 0; i-- {
		for _, m := range all[i].Marks {
			if m.Meets(now) {
				return &all[i]
			}
		}
	}
	return nil
}

// wholeOf is the last decision on the page as a whole, if it still holds: all that
// was not seen now was not seen when it was made, and a page that ends early is
// the very one that was looked at. That something is wrong without a
// finding to tell where holds for the pictures that were shown and no others: it has
// lapsed, and somebody must look again.
func wholeOf(r result.Result, all []Decision) (whole *Decision, lapsed bool) {
	for i := len(all) - 1; i >= 0; i-- {
		d := &all[i]
		if !d.Whole {
			continue
		}
		if len(d.Marks) == 0 && d.Action != Dismiss && !d.Shown.CapturedAt.Equal(r.CapturedAt) {
			return nil, true
		}
		if endsEarly(r) && !d.Shown.CapturedAt.Equal(r.CapturedAt) {
			return nil, false // likewise open by itself
		}
		for _, u := range UnseenOf(r) {
			if !slices.ContainsFunc(d.Unseen, func(m UnseenMark) bool { return m.meets(u) }) {
				return nil, false // what was not seen is open by itself
			}
		}
		return d, false
	}
	return nil, false
}

// Valid leaves out what was undone, and the undoing. An undo can be undone.
func Valid(all []Decision) []Decision {
	undone := map[int]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		if d := all[i]; d.Action == Undo && !undone[d.N] {
			undone[d.Undoes] = true
		}
	}
	var valid []Decision
	for _, d := range all {
		if d.Action != Undo && !undone[d.N] {
			valid = append(valid, d)
		}
	}
	return valid
}
