package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// TestNames: decisions are named without being read, and what is no decision's name is not.
func TestNames(t *testing.T) {
	objects := memstore.New("results")
	l := &ledger.Ledger{Store: objects, Bucket: "results", Now: func() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }}
	var want []ledger.Name
	for _, id := range []string{"a", "상품-1"} {
		for n := range 2 {
			d := decision.Decision{Series: decision.Page, Subject: id, Action: decision.Escalate, By: "kim", Whole: true}
			if _, err := l.Decide(t.Context(), d, n); err != nil {
				t.Fatal(err)
			}
			want = append(want, ledger.Name{Series: decision.Page, Subject: id, N: n + 1})
		}
	}
	for _, name := range []string{".desk/page/a/x.json", ".desk/page/a/00001", ".desk/page/a/-0001.json"} {
		if _, err := objects.Put(t.Context(), store.URI{Bucket: "results", Object: name}, "", []byte("{}"), nil); err != nil {
			t.Fatal(err)
		}
	}
	var got []ledger.Name
	for name, err := range l.Names(t.Context(), decision.Page) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if d, err := l.One(t.Context(), want[3]); err != nil || d.Subject != "상품-1" || d.N != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}
