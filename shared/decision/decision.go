// Package decision is what a person decided about a page or a picture: the
// contract pageinspect.decision/v1, and whether it still holds once the page was
// inspected again.
//
// A decision is an object of its own, numbered and created only if absent, so
// that any number of desks agree on their order. None is ever changed: one that
// was wrong is undone by another.
package decision

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Schema names the contract in every decision.
const Schema = "pageinspect.decision/v1"

// Series says what a decision is for. Each subject has a series of each kind.
type Series string

// The series.
const (
	Page    Series = "page"    // on one page: it counts
	Picture Series = "picture" // on every page that shows the picture: it counts
	Second  Series = "second"  // a second reader's, blind to the first: it is compared
	Golden  Series = "golden"  // what is right for a page that readers are tested with
	Check   Series = "check"   // a reader's answer to a golden page or in a sample of passes: it is compared
)

// AllSeries lists the series.
var AllSeries = []Series{Page, Picture, Second, Golden, Check}

// Action is what was decided.
type Action string

// The actions.
const (
	Confirm  Action = "confirm"  // the violation stands
	Dismiss  Action = "dismiss"  // it is none, or the page is clean
	Escalate Action = "escalate" // somebody else must decide
	Undo     Action = "undo"     // the decision that Undoes numbers no longer counts
)

// Actions lists the actions.
var Actions = []Action{Confirm, Dismiss, Escalate, Undo}

// Reason says why something is no violation.
type Reason string

// The reasons. A dismissal has one of them.
const (
	Misread   Reason = "misread"    // the picture does not say what was read
	Lawful    Reason = "lawful"     // it may be said in this context
	Proof     Reason = "proof"      // the seller has proved it
	RuleWrong Reason = "rule-wrong" // the rule finds what it should not
	Clean     Reason = "clean"      // looked at as a whole, and nothing is wrong
)

// Reasons lists the reasons.
var Reasons = []Reason{Misread, Lawful, Proof, RuleWrong, Clean}

// Bounds of what a person writes. They keep a decision, with all its marks, far
// below what a record of Kafka holds.
const (
	MaxWords = 2000 // bytes
	MaxMarks = 500
	maxName  = 320 // bytes: an address of RFC 5321, and some
)

// Decision is pageinspect.decision/v1.
type Decision struct {
	Schema string `json:"schema"`
	Series Series `json:"series"`
	// Subject is the page's id or, in the series picture, the picture's SHA-256 in hex.
	Subject string `json:"subject"`
	// N numbers the decisions of a series on a subject, from 1, without a gap.
	N      int    `json:"n"`
	Action Action `json:"action"`
	Reason Reason `json:"reason,omitempty"`
	// Policy is the rule or policy that a violation is against.
	Policy string    `json:"policy,omitempty"`
	Words  string    `json:"words,omitempty"` // the reviewer's own
	By     string    `json:"by"`              // who decided: an address, or a name on a laptop
	At     time.Time `json:"at"`
	// Run groups the decisions of one bulk action.
	Run    string `json:"run,omitempty"`
	Undoes int    `json:"undoes,omitempty"` // N of the decision that an undo takes back
	// Marks are the findings that it is about. On a page, none means the page as a
	// whole, which then had no finding.
	Marks []Mark `json:"marks,omitempty"`
	// Unseen are the parts that were not seen, of a decision about the whole page.
	Unseen []UnseenMark `json:"unseen,omitempty"`
	// Whole says that the decision is about all of the page as it was shown.
	Whole bool  `json:"whole,omitempty"`
	Shown Shown `json:"shown"`
}

// Shown says what the reviewer had before them.
type Shown struct {
	URL     string         `json:"url,omitempty"`
	Verdict result.Verdict `json:"verdict,omitempty"`
	// Result is the SHA-256, in hex, of the result.json that was shown, which the
	// desk keeps.
	Result string `json:"result,omitempty"`
	// Text is TextSum of what was read, by which a page that changed is known.
	Text         string    `json:"text,omitempty"`
	CapturedAt   time.Time `json:"captured_at,omitzero"`
	RecognizedAt time.Time `json:"recognized_at,omitzero"` // or reinspected
	Rules        []string  `json:"rules,omitempty"`        // packs, as name@hash
	// Blind says that no other reader's decision could be seen.
	Blind bool `json:"blind,omitempty"`
}

// Mark is a finding as a decision remembers it.
type Mark struct {
	Rule  string   `json:"rule"`
	Quote string   `json:"quote"`
	Box   page.Box `json:"box"` // in page coordinates, or in the picture's, in the series picture
	// Picture is the SHA-256 of the tile that the box lies in, if it lies in one, and
	// In is where it lies in it. A picture that moved keeps both.
	Picture string    `json:"picture,omitempty"`
	In      *page.Box `json:"in,omitempty"`
	// Source is picture, both, html or code, as the finding's.
	Source result.Source `json:"source,omitempty"`
}

// UnseenMark is a part that was not seen, as a decision remembers it.
type UnseenMark struct {
	Kind   page.UnseenKind `json:"kind"`
	Box    page.Box        `json:"box"`
	Source string          `json:"source,omitempty"`
}

// Validate says what is missing or wrong. Its errors are fault.Invalid, and are
// shown to the reviewer.
func (d Decision) Validate() error {
	bad := func(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
	switch {
	case d.Schema != Schema:
		return bad("schema: is %q, want %q", d.Schema, Schema)
	case !slices.Contains(AllSeries, d.Series):
		return bad("series: there is no %q", d.Series)
	case !slices.Contains(Actions, d.Action):
		return bad("action: there is no %q; want confirm, dismiss, escalate or undo", d.Action)
	case strings.TrimSpace(d.By) == "" || len(d.By) > maxName || !line(d.By):
		return bad("by: say who decides, in one line of at most %d bytes", maxName)
	case d.At.IsZero():
		return bad("at: missing")
	case len(d.Words) > MaxWords || !utf8.ValidString(d.Words):
		return bad("words: %d bytes, more than %d; keep to what the next reader needs", len(d.Words), MaxWords)
	case len(d.Policy) > maxName || !line(d.Policy):
		return bad("policy: want the name of a rule or policy, in one line")
	case len(d.Marks) > MaxMarks || len(d.Unseen) > MaxMarks:
		return bad("marks: %d findings, more than %d; decide about the page as a whole", len(d.Marks), MaxMarks)
	}
	if err := d.checkSubject(); err != nil {
		return err
	}
	switch d.Action {
	case Dismiss:
		switch {
		case !slices.Contains(Reasons, d.Reason):
			return bad("reason: a dismissal has one: misread, lawful, proof, rule-wrong or clean")
		case d.Reason == Clean && len(d.Marks) > 0 && !d.Whole:
			return bad("reason: clean is said of a page as a whole; say why the finding is none")
		}
	case Confirm:
		if d.Policy == "" && len(d.Marks) == 0 {
			return bad("policy: say what the page is against, for no rule found it")
		}
	case Undo:
		if d.Undoes < 1 {
			return bad("undoes: say which decision is taken back")
		}
	}
	if d.Action != Dismiss && d.Reason != "" {
		return bad("reason: only a dismissal has one")
	}
	if d.Action != Undo && d.Undoes != 0 {
		return bad("undoes: only an undo has it")
	}
	if d.Action != Undo && !d.Whole && len(d.Marks) == 0 {
		return bad("marks: say which findings are meant, or that the page as a whole is")
	}
	return nil
}

func (d Decision) checkSubject() error {
	if d.Series != Picture {
		return fault.Wrap(fault.Invalid, job.CheckID(d.Subject), "subject")
	}
	if len(d.Subject) != 64 || strings.Trim(d.Subject, "0123456789abcdef") != "" {
		return fault.New(fault.Invalid, "subject: %q is no SHA-256 in hex", d.Subject)
	}
	if d.Whole {
		return fault.New(fault.Invalid, "whole: a picture is not a page; say which findings are meant")
	}
	return nil
}

// line says that text is one line without control characters.
func line(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}
