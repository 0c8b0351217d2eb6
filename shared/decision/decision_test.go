package decision_test

import (
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// TestValidate: each thing that a decision may lack, with the word that tells it.
func TestValidate(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*decision.Decision)
	}{
		{"", func(*decision.Decision) {}},
		{"", func(d *decision.Decision) { d.Action, d.Reason = decision.Escalate, "" }},
		{"", func(d *decision.Decision) { d.Action, d.Reason, d.Undoes, d.Marks = decision.Undo, "", 1, nil }},
		{"schema", func(d *decision.Decision) { d.Schema = "pageinspect.result/v1" }},
		{"series", func(d *decision.Decision) { d.Series = "../page" }},
		{"action", func(d *decision.Decision) { d.Action = "approve" }},
		{"by", func(d *decision.Decision) { d.By = " " }},
		{"by", func(d *decision.Decision) { d.By = "kim\nlee" }},
		{"words", func(d *decision.Decision) { d.Words = strings.Repeat("가", decision.MaxWords) }},
		{"words", func(d *decision.Decision) { d.Words = "\xff" }},
		{"policy", func(d *decision.Decision) { d.Policy = "a\x1b[2J" }},
		{"marks", func(d *decision.Decision) { d.Marks = make([]decision.Mark, decision.MaxMarks+1) }},
		{"marks", func(d *decision.Decision) { d.Marks = nil }},
		{"subject", func(d *decision.Decision) { d.Subject = "../p1" }},
		{"subject", func(d *decision.Decision) { d.Series = decision.Picture }},
		{"whole", func(d *decision.Decision) { d.Series, d.Subject, d.Whole = decision.Picture, banner, true }},
		{"reason", func(d *decision.Decision) { d.Reason = "" }},
		{"reason", func(d *decision.Decision) { d.Reason = decision.Clean }},
		{"reason", func(d *decision.Decision) { d.Action = decision.Confirm }},
		{"policy", func(d *decision.Decision) { d.Action, d.Reason, d.Marks, d.Whole = decision.Confirm, "", nil, true }},
		{"undoes", func(d *decision.Decision) { d.Action, d.Reason = decision.Undo, "" }},
		{"undoes", func(d *decision.Decision) { d.Undoes = 1 }},
	} {
		d := on(shop(), 1, decision.Dismiss, 0)
		c.change(&d)
		err := d.Validate()
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%+v is refused: %v", d, err)
		case c.field == "":
		case err == nil:
			t.Errorf("%s: %+v is accepted", c.field, d)
		case fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), c.field):
			t.Errorf("%s: it says %q", c.field, err)
		}
	}
}
