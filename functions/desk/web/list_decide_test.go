package web

import (
	"fmt"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
)

// TestDecideFiftyByKeys: fifty findings by the keyboard alone, some dismissed, some taken back.
func TestDecideFiftyByKeys(t *testing.T) {
	r := furnish(t, many(400))
	b := open(t, r.URL+"/?states=open&severities=high", 1400, 900)
	eval[bool](b, `document.querySelector('.title').focus() || true`)
	decided := map[decision.Action]int{}
	for i := range 50 {
		id := eval[string](b, currentID)
		before := len(r.decisions(t, id))
		switch {
		case i%10 == 3:
			b.letter("d")
			b.wait(`document.getElementById('ask').open`)
			b.press(fmt.Sprintf("Digit%d", 1+i/10%4), "1", 0, false)
			decided[decision.Dismiss]++
		case i%10 == 7:
			b.letter("e")
			decided[decision.Escalate]++
		default:
			b.letter("c")
			decided[decision.Confirm]++
		}
		// It is decided, and the row is brought anew; the next one, or the next finding, is current.
		b.wait(`!document.getElementById('ask').open && !document.querySelector('.busy') && document.getElementById('said').textContent !== ''`)
		all := r.decisions(t, id)
		if len(all) != before+1 {
			t.Fatalf("finding %d: %d decisions on %s, want %d", i+1, len(all), id, before+1)
		}
		eval[bool](b, `(document.getElementById('said').textContent = '') === ''`)
		if i%10 == 9 && eval[bool](b, `%s === document.querySelector('.row:last-child').dataset.id`, currentID) {
			b.letter("j")
		}
	}
	got := map[decision.Action]int{}
	for d, err := range r.Ledger.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[d.Action]++
		if d.Action == decision.Dismiss && (d.Reason == "" || d.Reason == decision.Clean) || len(d.Marks) != 1 || d.By != kim {
			t.Errorf("%+v", d)
		}
	}
	for action, n := range decided {
		if got[action] != n {
			t.Errorf("%d times %s, want %d", got[action], action, n)
		}
	}
	for range 2 {
		b.letter("u")
		b.wait(`document.getElementById('said').textContent === %q`, texts["en"]["js.undo.done"])
		eval[bool](b, `(document.getElementById('said').textContent = '') === ''`)
	}
}

// TestUndoInOrder: what was decided on one page is taken back decision by decision.
func TestUndoInOrder(t *testing.T) {
	r := furnish(t, twoPages()[:1])
	b := open(t, r.URL+"/", 1400, 900)
	for _, open := range []int{1, 0} {
		b.letter("c")
		b.wait(`document.querySelector('.row').dataset.open === '%d' && !document.querySelector('.busy')`, open)
	}
	for _, open := range []int{1, 2} {
		b.letter("u")
		b.wait(`document.querySelector('.row').dataset.open === '%d'`, open)
	}
	b.letter("u")
	b.wait(`document.getElementById('said').textContent === %q`, texts["en"]["js.undo.none"])
	if all := r.decisions(t, "first"); len(all) != 4 || len(decision.Valid(all)) != 0 {
		t.Errorf("of %d decisions, %d still count", len(all), len(decision.Valid(all)))
	}
}

// TestKeysThatDecideNothing: with a modifier held, held down, while a syllable is
// composed, and in a field. And those of a Korean keyboard that do.
func TestKeysThatDecideNothing(t *testing.T) {
	r := furnish(t, withFinding(3))
	b := open(t, r.URL+"/?states=open", 1400, 900)
	b.press("KeyC", "c", 2, false)
	b.press("KeyC", "c", 4, false)
	b.press("KeyC", "c", 1, false)
	b.press("KeyE", "e", 0, true)
	eval[bool](b, `document.body.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyC', key: 'ㅊ', isComposing: true, bubbles: true, cancelable: true}))`)
	b.press("Slash", "/", 0, false)
	b.wait(`document.activeElement.id === 'text'`)
	b.letter("c")
	b.letter("e")
	eval[bool](b, `document.activeElement.blur() || true`)
	b.press("KeyJ", "ㅓ", 0, false)
	b.wait(`%s === document.querySelectorAll('.row')[1].dataset.id`, currentID)
	if got := eval[int](b, `performance.getEntriesByType('resource').filter((e) => /decide$|decide\?/.test(e.name)).length`); got != 0 {
		t.Errorf("%d decisions were sent", got)
	}
	b.press("KeyC", "ㅊ", 0, false)
	b.wait(`document.getElementById('said').textContent !== ''`)
	id := eval[string](b, `document.querySelectorAll('.row')[1].dataset.id`)
	if all := r.decisions(t, id); len(all) != 1 || all[0].Action != decision.Confirm {
		t.Errorf("with a Korean layout %+v was decided", all)
	}
}

// TestConflictInTheList: what somebody else decided is told and shown, and nothing is overwritten.
func TestConflictInTheList(t *testing.T) {
	r := furnish(t, withFinding(2))
	b := open(t, r.URL+"/?states=open&lang=ko", 1400, 900)
	id := eval[string](b, currentID)
	r.as(lee)
	r.post(t, "/p/"+pathEscape(id)+"/decide", say(r.row(t, id), map[string]any{"action": "confirm", "whole": true}))
	r.as(kim)
	b.letter("e")
	b.wait(`document.getElementById('said').textContent.includes(%q) && document.querySelector('.row').dataset.state === 'confirmed'`, lee)
	if all := r.decisions(t, id); len(all) != 1 {
		t.Errorf("%d decisions, want the other's alone", len(all))
	}
}

// TestSelectAndDecide: rows by x and with Shift, one decision each, and all of it taken back.
func TestSelectAndDecide(t *testing.T) {
	r := furnish(t, withFinding(12))
	b := open(t, r.URL+"/?states=open", 1400, 900)
	eval[bool](b, `document.querySelector('.title').focus() || true`)
	b.letter("x")
	for range 4 {
		b.letter("j")
	}
	b.press("KeyX", "X", 8, false)
	b.wait(`document.querySelectorAll('.pick :checked').length === 5 && document.querySelector('#bulk b').textContent === '5 pages selected'`)
	b.letter("c")
	b.wait(`document.getElementById('ask').open && document.getElementById('ask-title').textContent.includes('5 pages')`)
	b.press("Escape", "Escape", 0, false)
	b.wait(`!document.getElementById('ask').open`)
	b.letter("d")
	b.wait(`document.getElementById('ask').open`)
	b.press("Digit2", "2", 0, false)
	b.wait(`document.getElementById('said').textContent.startsWith('5 pages decided') && document.querySelectorAll('.row[data-state="dismissed"]').length === 5`)
	runs := map[string]int{}
	for d, err := range r.Ledger.All(t.Context()) {
		if err != nil || d.Reason != decision.Lawful {
			t.Fatal(d, err)
		}
		runs[d.Run]++
	}
	if len(runs) != 1 || runs[""] > 0 {
		t.Errorf("the runs are %v", runs)
	}
	b.letter("u")
	b.wait(`document.getElementById('said').textContent.startsWith('5 pages taken back') && document.querySelectorAll('.row[data-state="dismissed"]').length === 0`)
}
