package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// ClaimTime is how long a page is a reviewer's without a sign of them.
const ClaimTime = 10 * time.Minute

// Claim says who has a page open. It keeps two people from the same page; what
// keeps them from overwriting each other is Decide.
type Claim struct {
	ID    string    `json:"id"`
	By    string    `json:"by"`
	Until time.Time `json:"until"`
	// For is the series that the reviewer's decision belongs to, where it is not page:
	// they read the page blind to what others decided.
	For decision.Series `json:"for,omitempty"`
}

// ErrClaimed happens if somebody else has the page. It is fault.Busy.
var ErrClaimed = errors.New("somebody else has the page")

// Claim gives a page to a reviewer, or renews it as it is, until ClaimTime from now.
// If somebody else has it, it is returned with ErrClaimed.
func (l *Ledger) Claim(ctx context.Context, id, by string) (Claim, error) {
	return l.claim(ctx, id, by, nil)
}

// ClaimFor is Claim for a decision of another series.
func (l *Ledger) ClaimFor(ctx context.Context, id, by string, series decision.Series) (Claim, error) {
	if series == decision.Page {
		series = ""
	}
	return l.claim(ctx, id, by, &series)
}

// claim keeps what a claim is for where series is nil.
func (l *Ledger) claim(ctx context.Context, id, by string, series *decision.Series) (Claim, error) {
	if err := job.CheckID(id); err != nil {
		return Claim{}, fault.Wrap(fault.Invalid, err, "id")
	}
	mine := Claim{ID: id, By: by, Until: l.Now().UTC().Add(ClaimTime).Truncate(time.Second)}
	if series != nil {
		mine.For = *series
	}
	uri := l.claimURI(id)
	if _, err := l.Store.Create(ctx, uri, jsonType, mine.encode(), nil); !errors.Is(err, store.ErrExists) {
		return mine, fault.Wrap(fault.Transient, err, "claim %s", id)
	}
	theirs, a, err := l.claimed(ctx, uri)
	switch {
	case errors.Is(err, store.ErrNotExist):
		return l.claim(ctx, id, by, series) // it was given back at this moment
	case err != nil:
		return Claim{}, err
	case theirs.By != by && l.Now().Before(theirs.Until):
		return theirs, fault.Wrap(fault.Invalid, ErrClaimed, "claim %s", id)
	}
	if series == nil && theirs.By == by && l.Now().Before(theirs.Until) {
		mine.For = theirs.For
	}
	if _, err = l.Store.Replace(ctx, uri, a.Generation, jsonType, mine.encode(), nil); errors.Is(err, store.ErrChanged) {
		theirs, _, err = l.claimed(ctx, uri)
		if err == nil && theirs.By != by {
			return theirs, fault.Wrap(fault.Invalid, ErrClaimed, "claim %s", id)
		}
	}
	return mine, fault.Wrap(fault.Transient, err, "claim %s", id)
}

func (c Claim) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and a time
	}
	return b
}

// Release gives a page back, if it is the reviewer's.
func (l *Ledger) Release(ctx context.Context, id, by string) error {
	c, a, err := l.claimed(ctx, l.claimURI(id))
	if errors.Is(err, store.ErrNotExist) || err == nil && c.By != by {
		return nil
	}
	if err == nil {
		err = l.Store.DeleteGeneration(ctx, a.URI, a.Generation)
	}
	if errors.Is(err, store.ErrChanged) {
		return nil
	}
	return fault.Wrap(fault.Transient, err, "give %s back", id)
}

// Claims are those that hold now, by page.
func (l *Ledger) Claims(ctx context.Context) (map[string]Claim, error) {
	held := map[string]Claim{}
	for a, err := range l.Store.List(ctx, l.Bucket, Folder+"claims/") {
		if err != nil {
			return nil, fault.Wrap(fault.Transient, err, "list claims")
		}
		c, _, err := l.claimed(ctx, a.URI)
		if err == nil && l.Now().Before(c.Until) {
			held[c.ID] = c
		}
	}
	return held, nil
}

func (l *Ledger) claimed(ctx context.Context, uri store.URI) (Claim, store.Attrs, error) {
	var c Claim
	b, a, err := l.Store.Read(ctx, uri, maxDecision)
	if err != nil {
		return c, a, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return Claim{}, a, nil // nobody's: it expired long ago
	}
	return c, a, nil
}

func (l *Ledger) claimURI(id string) store.URI {
	return store.URI{Bucket: l.Bucket, Object: Folder + "claims/" + id + ".json"}
}
