package quality

import (
	"errors"
	"strconv"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// Shares are how much is read a second time; each is 0 to 1. They are loaded with caarlos0/env.
type Shares struct {
	Second float64 `env:"DESK_SECOND" envDefault:"0.05"` // of the pages that were decided, by a second reader
	Passes float64 `env:"DESK_PASSES" envDefault:"0.02"` // of the pages that passed, by a person
	Golden float64 `env:"DESK_GOLDEN" envDefault:"0.02"` // golden pages among those that a reader is given
}

// Validate names the shares that are none.
func (s Shares) Validate() error {
	var errs []error
	for _, share := range []struct {
		name string
		f    float64
	}{{"DESK_SECOND", s.Second}, {"DESK_PASSES", s.Passes}, {"DESK_GOLDEN", s.Golden}} {
		if !(share.f >= 0 && share.f <= 1) {
			errs = append(errs, fault.New(fault.Invalid, "%s: is %v, want a share from 0 to 1, such as 0.05", share.name, share.f))
		}
	}
	return errors.Join(errs...)
}

// Book answers what a reader is to read beside the queue. It is made of all
// decisions, for one choice, and thrown away.
type Book struct {
	shares Shares
	page   map[string][]decision.Decision
	second map[string][]decision.Decision
	checks map[string][]decision.Decision
	golden map[string][]decision.Decision
	made   map[string]int // decisions of each person
}

// NewBook makes a book.
func NewBook(all []decision.Decision, s Shares) *Book {
	b := &Book{shares: s, made: map[string]int{}, page: bySubject(all, decision.Page), second: bySubject(all, decision.Second),
		checks: bySubject(all, decision.Check), golden: bySubject(all, decision.Golden)}
	for _, d := range all {
		b.made[d.By]++
	}
	return b
}

// Second says whether a page waits for a second reader who is not its first.
func (b *Book) Second(id, reader string) bool {
	first := b.page[id]
	if len(first) == 0 || len(b.second[id]) > 0 || !Chosen(id, ForSecond, b.shares.Second) {
		return false
	}
	for _, d := range first {
		if d.By == reader {
			return false
		}
	}
	return true
}

// Pass says whether a page that passed waits for a person's look.
func (b *Book) Pass(id string) bool {
	return len(b.page[id])+len(b.checks[id]) == 0 && Chosen(id, ForPasses, b.shares.Passes)
}

// Golden is the golden page that a reader is to be given next in place of one of the
// queue, if it is time for one: one whose answer neither they nor their decisions made.
func (b *Book) Golden(reader string) (id string, ok bool) {
	if !Chosen(reader+"\x00"+strconv.Itoa(b.made[reader]), "golden", b.shares.Golden) {
		return "", false
	}
	for page, right := range b.golden {
		if len(right) == 0 || b.knows(page, reader) {
			continue
		}
		if !ok || page < id {
			id, ok = page, true
		}
	}
	return id, ok
}

func (b *Book) knows(page, reader string) bool {
	for _, list := range [][]decision.Decision{b.golden[page], b.checks[page], b.page[page]} {
		for _, d := range list {
			if d.By == reader {
				return true
			}
		}
	}
	return false
}
