package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
	"github.com/pageinspect/pageinspect/shared/topic"
)

const bucket = "desk-results"

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// events remembers what was published; refuse makes it fail.
type events struct {
	mu     sync.Mutex
	refuse error
	all    []decision.Decision
}

func (e *events) Publish(_ context.Context, messages ...topic.Message) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		return e.refuse
	}
	for _, m := range messages {
		var d decision.Decision
		if err := json.Unmarshal(m.Value, &d); err != nil {
			return err
		}
		if string(m.Key) != d.Subject || m.Topic != "decisions" {
			return fmt.Errorf("the event of %s has key %q in %q", d.Subject, m.Key, m.Topic)
		}
		e.all = append(e.all, d)
	}
	return nil
}

type desk struct {
	*ledger.Ledger
	store  *memstore.Store
	events *events
	clock  *clock
}

func newDesk() desk {
	c := &clock{now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	s := memstore.New(bucket)
	s.Now = c.Now
	e := &events{}
	return desk{&ledger.Ledger{Store: s, Bucket: bucket, Events: e, Topic: "decisions", Now: c.Now}, s, e, c}
}

func confirm(id, by string) decision.Decision {
	return decision.Decision{Series: decision.Page, Subject: id, Action: decision.Confirm, By: by,
		Marks: []decision.Mark{{Rule: "contact.chat", Quote: "카톡 abc123", Box: page.Box{X: 1, Y: 2, W: 3, H: 4}}}}
}

func TestDecide(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	first, err := d.Decide(ctx, confirm("p1", "kim"), 0)
	if err != nil || first.N != 1 || !first.At.Equal(d.clock.Now()) {
		t.Fatalf("the first decision is %+v: %v", first, err)
	}
	second := decision.Decision{Series: decision.Page, Subject: "p1", Action: decision.Undo, Undoes: 1, By: "lee"}
	if second, err = d.Decide(ctx, second, 1); err != nil || second.N != 2 {
		t.Fatalf("the second is %+v: %v", second, err)
	}
	all, err := d.Read(ctx, decision.Page, "p1")
	if err != nil || len(all) != 2 || all[0].By != "kim" || all[1].By != "lee" {
		t.Errorf("kept are %+v: %v", all, err)
	}
	if len(d.events.all) != 2 {
		t.Errorf("published are %+v", d.events.all)
	}
	for uri := range d.store.Objects() {
		if strings.Contains(uri.Object, "outbox") {
			t.Errorf("%s is left", uri)
		}
	}
}

// TestWhoeverIsLate learns what others decided, and nothing of theirs is written.
func TestWhoeverIsLate(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	if _, err := d.Decide(ctx, confirm("p1", "kim"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := d.Decide(ctx, confirm("p1", "lee"), 0)
	newer, ok := errors.AsType[*ledger.Newer](err)
	if !ok || len(newer.Decisions) != 1 || newer.Decisions[0].By != "kim" {
		t.Fatalf("it says %v", err)
	}
	if all, _ := d.Read(ctx, decision.Page, "p1"); len(all) != 1 {
		t.Errorf("kept are %+v", all)
	}
}

// TestNothingIsMadeUp: numbers without a gap, undoings of what is there.
func TestNothingIsMadeUp(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	back := decision.Decision{Series: decision.Page, Subject: "p1", Action: decision.Undo, Undoes: 1, By: "kim"}
	for _, c := range []struct {
		d     decision.Decision
		known int
	}{{confirm("p1", "kim"), 3}, {back, 0}, {back, 1}, {confirm("../p1", "kim"), 0}, {confirm("p1", ""), 0}} {
		if _, err := d.Decide(ctx, c.d, c.known); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s of %s after %d: %v", c.d.Action, c.d.Subject, c.known, err)
		}
	}
	if n := len(d.store.Objects()); n > 0 {
		t.Errorf("%d objects are left", n)
	}
}

// TestManyDesks decide on the same pages at once: each decision is kept once, the
// numbers have no gap, and each is published.
func TestManyDesks(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	const desks, each = 8, 12
	var all sync.WaitGroup
	for i := range desks {
		all.Go(func() {
			by := fmt.Sprintf("reviewer-%d", i)
			for n := range each {
				id, known := fmt.Sprintf("p%d", n%3), 0
				for {
					_, err := d.Decide(ctx, confirm(id, by), known)
					newer, ok := errors.AsType[*ledger.Newer](err)
					if !ok {
						if err != nil {
							t.Error(err)
						}
						break
					}
					known += len(newer.Decisions)
				}
			}
		})
	}
	all.Wait()
	if err := d.flushed(ctx); err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for x, err := range d.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		kept[x.Subject]++
		if x.N != kept[x.Subject] {
			t.Fatalf("%s has decision %d as its %dth", x.Subject, x.N, kept[x.Subject])
		}
	}
	if kept["p0"]+kept["p1"]+kept["p2"] != desks*each {
		t.Errorf("kept are %v of %d", kept, desks*each)
	}
	published := map[string]bool{}
	for _, x := range d.events.all {
		published[fmt.Sprint(x.Subject, x.N)] = true
	}
	if len(published) != desks*each {
		t.Errorf("published are %d of %d", len(published), desks*each)
	}
}

// flushed lets what a desk left behind be published.
func (d desk) flushed(ctx context.Context) error {
	d.clock.pass(time.Hour)
	return d.Flush(ctx)
}

// TestDeathAtAnyPoint: whatever call to the store or the topic is the last one, a
// decision that is kept is published once the outbox is flushed, and one that is
// not kept is not.
func TestDeathAtAnyPoint(t *testing.T) {
	died := errors.New("the process died")
	for last := range 8 {
		d, calls := newDesk(), 0
		ctx := t.Context()
		refuse := func(string, store.URI) error {
			if calls++; calls > last {
				return died
			}
			return nil
		}
		d.store.Refuse = refuse
		d.events.refuse = died
		if last > 5 {
			d.events.refuse = nil
		}
		_, err := d.Decide(ctx, confirm("p1", "kim"), 0)
		d.store.Refuse, d.events.refuse = nil, nil
		if err := d.flushed(ctx); err != nil {
			t.Fatal(err)
		}
		kept, e := d.Read(ctx, decision.Page, "p1")
		if e != nil {
			t.Fatal(e)
		}
		if err == nil && len(kept) == 0 {
			t.Errorf("after %d calls: it was answered, and is not kept", last)
		}
		if (len(kept) > 0) != (len(d.events.all) > 0) {
			t.Errorf("after %d calls: %d kept, %d published", last, len(kept), len(d.events.all))
		}
		for uri := range d.store.Objects() {
			if strings.Contains(uri.Object, "outbox") {
				t.Errorf("after %d calls: %s is left", last, uri)
			}
		}
	}
}

// TestAnotherDesksOutboxIsLeftAlone while it may still be at it.
func TestAnotherDesksOutboxIsLeftAlone(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	d.events.refuse = errors.New("Kafka is away")
	if _, err := d.Decide(ctx, confirm("p1", "kim"), 0); err != nil {
		t.Fatalf("a decision that is kept is refused: %v", err)
	}
	d.events.refuse = nil
	if err := d.Flush(ctx); err != nil || len(d.events.all) != 0 {
		t.Errorf("published at once: %v, %v", d.events.all, err)
	}
	if err := d.flushed(ctx); err != nil || len(d.events.all) != 1 {
		t.Errorf("published later: %v, %v", d.events.all, err)
	}
}

// TestWhatIsNotOurs is told beside what is, and ends nothing.
func TestWhatIsNotOurs(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	if _, err := d.Decide(ctx, confirm("p1", "kim"), 0); err != nil {
		t.Fatal(err)
	}
	right := d.store.Objects()[store.URI{Bucket: bucket, Object: ".desk/page/p1/00001.json"}]
	for name, b := range map[string][]byte{
		".desk/page/p0/00001.json": []byte("{"),
		".desk/page/p2/00001.json": right, // of another page
		".desk/page/p3/00001.json": []byte(`{"schema":"pageinspect.decision/v2"}`),
	} {
		if _, err := d.store.Put(ctx, store.URI{Bucket: bucket, Object: name}, "application/json", b, nil); err != nil {
			t.Fatal(err)
		}
	}
	good, bad := 0, 0
	for _, err := range d.All(ctx) {
		if err != nil {
			bad++
		} else {
			good++
		}
	}
	if good != 1 || bad != 3 {
		t.Errorf("%d are read and %d told, want 1 and 3", good, bad)
	}
}

func TestClaims(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	if _, err := d.Claim(ctx, "p1", "kim"); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Claim(ctx, "p1", "lee"); !errors.Is(err, ledger.ErrClaimed) || c.By != "kim" {
		t.Errorf("lee gets %+v: %v", c, err)
	}
	d.clock.pass(ledger.ClaimTime / 2)
	if _, err := d.Claim(ctx, "p1", "kim"); err != nil {
		t.Errorf("kim cannot renew: %v", err)
	}
	d.clock.pass(ledger.ClaimTime * 3 / 4)
	if held, err := d.Claims(ctx); err != nil || held["p1"].By != "kim" {
		t.Errorf("held are %v: %v", held, err)
	}
	d.clock.pass(ledger.ClaimTime)
	if held, err := d.Claims(ctx); err != nil || len(held) != 0 {
		t.Errorf("held after its time are %v: %v", held, err)
	}
	if _, err := d.Claim(ctx, "p1", "lee"); err != nil {
		t.Errorf("what expired cannot be had: %v", err)
	}
	if err := d.Release(ctx, "p1", "kim"); err != nil {
		t.Error(err)
	}
	if held, _ := d.Claims(ctx); held["p1"].By != "lee" {
		t.Errorf("kim gave back what lee has: %v", held)
	}
	if err := d.Release(ctx, "p1", "lee"); err != nil {
		t.Error(err)
	}
	if _, err := d.Claim(ctx, "p1", "kim"); err != nil {
		t.Errorf("what was given back cannot be had: %v", err)
	}
}

// TestWhatAClaimIsFor stays through renewals, and ends with the claim.
func TestWhatAClaimIsFor(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	if _, err := d.ClaimFor(ctx, "p1", "kim", decision.Second); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Claim(ctx, "p1", "kim"); err != nil || c.For != decision.Second {
		t.Errorf("renewed it is %+v: %v", c, err)
	}
	if held, err := d.Claims(ctx); err != nil || held["p1"].For != decision.Second {
		t.Errorf("held are %+v: %v", held, err)
	}
	d.clock.pass(2 * ledger.ClaimTime)
	if c, err := d.Claim(ctx, "p1", "kim"); err != nil || c.For != "" {
		t.Errorf("claimed again it is %+v: %v", c, err)
	}
	if c, err := d.ClaimFor(ctx, "p1", "kim", decision.Check); err != nil || c.For != decision.Check {
		t.Errorf("claimed for something else it is %+v: %v", c, err)
	}
}

// TestOneClaims: of many who want a page at once, one gets it, also when the claim
// on it has just expired.
func TestOneClaims(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	for round := range 20 {
		d.clock.pass(2 * ledger.ClaimTime)
		var all sync.WaitGroup
		var mu sync.Mutex
		got := []string{}
		for i := range 8 {
			all.Go(func() {
				by := fmt.Sprintf("reviewer-%d", i)
				_, err := d.Claim(ctx, "p1", by)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					got = append(got, by)
				} else if !errors.Is(err, ledger.ErrClaimed) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(got) != 1 {
			t.Fatalf("round %d: %v have it", round, got)
		}
	}
}

func TestKept(t *testing.T) {
	d, ctx := newDesk(), t.Context()
	one, err := d.Keep(ctx, "p1", []byte(`{"id":"p1"}`))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Keep(ctx, "p1", []byte(`{"id":"p1"}`)); err != nil || again != one {
		t.Errorf("kept again as %s: %v", again, err)
	}
	if b, err := d.Kept(ctx, "p1", one); err != nil || string(b) != `{"id":"p1"}` {
		t.Errorf("it comes back as %s: %v", b, err)
	}
	for _, c := range [][2]string{{"../p1", one}, {"p1", "../" + one[3:]}, {"p1", "x"}} {
		if _, err := d.Kept(ctx, c[0], c[1]); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", c, err)
		}
	}
	uri := store.URI{Bucket: bucket, Object: ".desk/shown/p1/" + one + ".json.zst"}
	two, err := d.Keep(ctx, "p2", []byte(`{"id":"p2"}`))
	if err != nil {
		t.Fatal(err)
	}
	other := d.store.Objects()[store.URI{Bucket: bucket, Object: ".desk/shown/p2/" + two + ".json.zst"}]
	if _, err := d.store.Put(ctx, uri, "application/zstd", other, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := d.Kept(ctx, "p1", one); err == nil {
		t.Errorf("something else comes back as what was shown: %s", b)
	}
}
