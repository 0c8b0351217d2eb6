package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// book is a ledger in memory, whose clock stands.
func book() (*Ledger, *memstore.Store) {
	s := memstore.New("desk")
	return &Ledger{Store: s, Bucket: "desk", Now: func() time.Time { return noon }}, s
}

func sum(data string) string {
	b := sha256.Sum256([]byte(data))
	return hex.EncodeToString(b[:])
}

// shown is a result with the tiles given, as the desk keeps it.
func shown(t *testing.T, l *Ledger, id string, tiles ...string) (result.Result, decision.Shown) {
	t.Helper()
	r := result.Result{Schema: result.Schema, ID: id, Verdict: result.Reject, CapturedAt: noon}
	for i, data := range tiles {
		r.Tiles = append(r.Tiles, page.Tile{Object: fmt.Sprintf("gs://shots/%s/%d", id, i), SHA256: sum(data), MediaType: "image/jpeg"})
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := l.Keep(t.Context(), id, b)
	if err != nil {
		t.Fatal(err)
	}
	return r, decision.Shown{Result: hash, CapturedAt: noon}
}

func confirm(t *testing.T, l *Ledger, s decision.Series, subject string, shown decision.Shown, action decision.Action) {
	t.Helper()
	d := decision.Decision{Series: s, Subject: subject, Action: action, By: "r", Marks: []decision.Mark{{Rule: "x", Quote: "q"}}, Shown: shown}
	if action == decision.Dismiss {
		d.Reason = decision.Misread
	}
	if _, err := l.Decide(t.Context(), d, 0); err != nil {
		t.Fatal(err)
	}
}

// from reads tiles of what they are named by.
type from struct {
	tiles map[string]string // by SHA-256
	err   error
}

func (f *from) take() Tiles {
	return Tiles{
		Tile: func(_ context.Context, r result.Result, n int) ([]byte, string, error) {
			if f.err != nil {
				return nil, "", f.err
			}
			data, ok := f.tiles[r.Tiles[n].SHA256]
			if !ok {
				return nil, "", fault.Wrap(fault.Invalid, store.ErrNotExist, "tile")
			}
			return []byte(data), "image/jpeg", nil
		},
		Showing: func(_ context.Context, picture string) (result.Result, int, error) {
			return result.Result{ID: "any", Tiles: []page.Tile{{SHA256: picture}}}, 0, nil
		},
	}
}

// TestTilesOfConfirmedPagesAreKept: each once, and of other pages none.
func TestTilesOfConfirmedPagesAreKept(t *testing.T) {
	l, s := book()
	f := &from{tiles: map[string]string{sum("a"): "a", sum("b"): "b", sum("c"): "c", sum("d"): "d"}}
	_, one := shown(t, l, "one", "a", "b")
	_, two := shown(t, l, "two", "b", "c")
	_, three := shown(t, l, "three", "d")
	confirm(t, l, decision.Page, "one", one, decision.Confirm)
	confirm(t, l, decision.Page, "two", two, decision.Escalate)
	confirm(t, l, decision.Page, "three", three, decision.Dismiss)
	confirm(t, l, decision.Check, "three", three, decision.Confirm) // a reader's answer to a test
	for _, want := range []int{2, 0} {
		if n, err := l.KeepTiles(t.Context(), f.take()); n != want || err != nil {
			t.Fatalf("%d kept, %v; want %d", n, err, want)
		}
	}
	for data, want := range map[string]bool{"a": true, "b": true, "c": true, "d": false} {
		b, err := l.Tile(t.Context(), page.Tile{SHA256: sum(data)})
		if want != (string(b) == data && err == nil) {
			t.Errorf("tile %s: %q, %v", data, b, err)
		}
	}
	confirm(t, l, decision.Picture, sum("d"), decision.Shown{}, decision.Confirm)
	if n, err := l.KeepTiles(t.Context(), f.take()); n != 1 || err != nil {
		t.Fatalf("%d kept, %v", n, err)
	}
	if b, err := l.Tile(t.Context(), page.Tile{SHA256: sum("d")}); string(b) != "d" {
		t.Errorf("%q, %v", b, err)
	}
	for uri := range s.Objects() {
		if strings.HasPrefix(uri.Object, keepFolder) {
			t.Errorf("%s is left", uri.Object)
		}
	}
}

// TestTilesThatCannotBeKept wait for the next time if that may help, and are told
// once if not; the others of their page are kept all the same.
func TestTilesThatCannotBeKept(t *testing.T) {
	l, _ := book()
	f := &from{tiles: map[string]string{sum("a"): "a"}, err: fault.New(fault.Transient, "away")}
	_, one := shown(t, l, "one", "a", "gone")
	confirm(t, l, decision.Page, "one", one, decision.Confirm)
	for range 2 {
		if n, err := l.KeepTiles(t.Context(), f.take()); n != 0 || fault.KindOf(err) != fault.Transient && !strings.Contains(err.Error(), "away") {
			t.Fatalf("while the store is away: %d, %v", n, err)
		}
	}
	f.err = nil
	if n, err := l.KeepTiles(t.Context(), f.take()); n != 1 || !errors.Is(err, store.ErrNotExist) {
		t.Fatalf("%d, %v", n, err)
	}
	if b, err := l.Tile(t.Context(), page.Tile{SHA256: sum("a")}); string(b) != "a" {
		t.Errorf("%q, %v", b, err)
	}
	if n, err := l.KeepTiles(t.Context(), f.take()); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}

// TestTheNoteIsThereBeforeTheDecision: a desk that dies between the two loses no
// tile, and one whose note cannot be written decides nothing.
func TestTheNoteIsThereBeforeTheDecision(t *testing.T) {
	l, s := book()
	_, one := shown(t, l, "one", "a")
	s.Refuse = func(op string, uri store.URI) error {
		if op == "create" && strings.HasPrefix(uri.Object, keepFolder) {
			return fault.New(fault.Transient, "away")
		}
		return nil
	}
	d := decision.Decision{Series: decision.Page, Subject: "one", Action: decision.Confirm, By: "r", Marks: []decision.Mark{{Rule: "x"}}, Shown: one}
	if _, err := l.Decide(t.Context(), d, 0); fault.KindOf(err) != fault.Transient {
		t.Fatalf("decided all the same: %v", err)
	}
	if all, err := l.Read(t.Context(), decision.Page, "one"); len(all) > 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

// TestAPageIsAskedForOnce within a time, by any number at a time; a note whose
// request was never published holds nobody up for long.
func TestAPageIsAskedForOnce(t *testing.T) {
	l, s := book()
	now := noon
	l.Now = func() time.Time { return now }
	ask := func() (Asked, func(context.Context) error, error) {
		return l.Ask(t.Context(), Asked{ID: "p", By: "a", CapturedAt: noon.Add(-time.Hour)}, 24*time.Hour)
	}
	if _, _, err := ask(); err != nil {
		t.Fatal(err)
	}
	if was, _, err := ask(); !errors.Is(err, ErrAsked) || was.By != "a" || fault.KindOf(err) != fault.Invalid {
		t.Errorf("at once: %+v, %v", was, err)
	}
	now = now.Add(askTime)
	_, published, err := ask()
	if err != nil { // whoever asked died before it was published
		t.Fatal(err)
	}
	if err := published(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(23 * time.Hour)
	if _, _, err := ask(); !errors.Is(err, ErrAsked) {
		t.Errorf("within the time: %v", err)
	}
	now = now.Add(time.Hour)
	// Somebody else asks between our look and our note.
	second := func() {
		s.Refuse = nil
		if _, _, err := ask(); err != nil {
			t.Errorf("the second: %v", err)
		}
	}
	s.Refuse = func(op string, _ store.URI) error {
		if op == "replace" {
			second()
		}
		return nil
	}
	if _, _, err := ask(); !errors.Is(err, ErrAsked) {
		t.Errorf("the first: %v", err)
	}
}
