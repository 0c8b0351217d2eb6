package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
)

// claimCache has the claims for a moment: every open list asks for them, and each is an
// object of the bucket.
type claimCache struct {
	mu   sync.Mutex
	held map[string]ledger.Claim
	at   time.Time
}

const claimsFresh = 2 * time.Second

// claims are those that hold now, by page, at most claimsFresh old.
func (d *Desk) claims(ctx context.Context) (map[string]ledger.Claim, error) {
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	if d.held.held != nil && d.Now().Sub(d.held.at).Abs() < claimsFresh {
		return d.held.held, nil
	}
	held, err := d.Ledger.Claims(ctx)
	if err != nil {
		return nil, err
	}
	d.held.held, d.held.at = held, d.Now()
	return held, nil
}

// forget has the next who asks read the claims anew.
func (d *Desk) forget() {
	d.held.mu.Lock()
	d.held.held = nil
	d.held.mu.Unlock()
}

// claim gives the page to who asks, or renews it; the body is {}.
func (d *Desk) claim(w http.ResponseWriter, r *http.Request) {
	s := sessionOf(r)
	if !s.MayDecide {
		d.fail(w, r, errMayNot)
		return
	}
	c, err := d.Ledger.Claim(r.Context(), r.PathValue("id"), s.Who)
	d.forget()
	switch {
	case errors.Is(err, ledger.ErrClaimed):
		d.failClaimed(w, r, c)
	case err != nil:
		d.fail(w, r, err)
	default:
		d.answer(w, r, http.StatusOK, c)
	}
}

func (d *Desk) release(w http.ResponseWriter, r *http.Request) {
	if err := d.Ledger.Release(r.Context(), r.PathValue("id"), sessionOf(r).Who); err != nil {
		d.fail(w, r, err)
		return
	}
	d.forget()
	w.WriteHeader(http.StatusNoContent)
}

// failClaimed answers that somebody else has the page.
func (d *Desk) failClaimed(w http.ResponseWriter, r *http.Request, c ledger.Claim) {
	d.answer(w, r, http.StatusConflict, problem{Error: "claimed", Claim: &c, Message: text(sessionOf(r).Lang, "error.claimed", "who", c.By)})
}
