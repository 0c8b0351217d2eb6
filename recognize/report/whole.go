package report

import (
	"bufio"
	"html/template"
	"io"
	"regexp"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Whole is what a report has in itself that is one file, to be mailed and printed:
// its pictures, and what people decided.
type Whole struct {
	// Tiles are the pictures of the result's tiles, and Crops those of its findings
	// with what is around them: data: URIs of JPEG, PNG or WebP. "" says that there
	// is none.
	Tiles, Crops []string
	// Standing is where the page stands by Decisions, which are all that were made on it.
	Standing  decision.Standing
	Decisions []decision.Decision
	// Notes are sentences for the reader: how the pictures were made smaller.
	Notes []string
}

// wholeView is a Whole as the template reads it.
type wholeView struct {
	Notes     []string
	State     decision.State
	Decisions []decidedView
	Long      bool // too tall to be printed whole
}

// maxPrinted is the height, in CSS pixels, of a page that is printed whole: some ten
// sheets of A4. Of a taller one, the findings are printed with their crops.
const maxPrinted = 12_000

// decidedView is a decision in words.
type decidedView struct {
	N                       int
	State, Action, Reason   string
	Policy, Words, By, Rule string
	At                      stamp
}

var (
	actions = map[decision.Action]string{decision.Confirm: "Confirmed", decision.Dismiss: "Dismissed", decision.Escalate: "Passed on", decision.Undo: "Took back"}
	reasons = map[decision.Reason]string{
		decision.Misread: "the picture does not say what was read", decision.Lawful: "it may be said here", decision.Proof: "the seller has proved it",
		decision.RuleWrong: "the rule finds what it should not", decision.Clean: "nothing is wrong with the page",
	}
	embedded = regexp.MustCompile(`^data:image/(jpeg|png|webp);base64,[A-Za-z0-9+/]+=*$`)
)

// RenderWhole writes the report of r as one file that loads nothing. Its error is
// fault.Internal: w could not be written.
func RenderWhole(w io.Writer, r result.Result, whole Whole) error {
	v := newView(r, func(string) string { return "" })
	v.Whole = &wholeView{Notes: whole.Notes, State: whole.Standing.State, Long: r.Page.Height > maxPrinted}
	for i := range v.Tiles {
		v.Tiles[i].Src, v.Tiles[i].origins = picture(whole.Tiles, i), []string{"data:"}
	}
	for i := range v.Findings {
		v.Findings[i].Crop = picture(whole.Crops, i)
		if i < len(whole.Standing.By) {
			v.Findings[i].Decided = decidedOf(whole.Standing.By[i])
		}
	}
	for i := range whole.Decisions {
		v.Whole.Decisions = append(v.Whole.Decisions, *decidedOf(&whole.Decisions[i]))
	}
	v.dress(r)
	v.Policy = policy([]tileView{{origins: []string{"data:"}}}, string(v.Style), string(v.Geometry), string(v.Script))
	b := bufio.NewWriter(w)
	if err := parsed.Execute(b, v); err != nil {
		return fault.Wrap(fault.Internal, err, "report of %s", r.ID)
	}
	return fault.Wrap(fault.Internal, b.Flush(), "report of %s", r.ID)
}

// picture is an embedded picture, if it is one.
func picture(all []string, i int) template.URL {
	if i >= len(all) || !embedded.MatchString(all[i]) {
		return ""
	}
	return template.URL(all[i]) //nolint:gosec // letters of base64 alone, behind a type that is no document
}

func decidedOf(d *decision.Decision) *decidedView {
	if d == nil {
		return nil
	}
	v := &decidedView{N: d.N, Action: actions[d.Action], Reason: reasons[d.Reason], Policy: d.Policy, Words: d.Words, By: d.By, At: stampOf(d.At)}
	if d.Action == decision.Undo {
		v.Action += " decision " + count(d.Undoes)
	}
	for i, m := range d.Marks {
		if i > 0 {
			v.Rule += ", "
		}
		v.Rule += m.Rule
	}
	if d.Whole {
		v.Rule = "the whole page"
	}
	return v
}
