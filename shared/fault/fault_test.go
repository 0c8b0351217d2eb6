package fault

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestKindDecides(t *testing.T) {
	plain := errors.New("plain")
	for _, c := range []struct {
		err   error
		kind  Kind
		again bool
	}{
		{nil, "", false},
		{plain, Internal, false},
		{New(Unreachable, "gone"), Unreachable, false},
		{Wrap(Transient, plain, "write"), Transient, true},
		{Wrap(Transient, New(Invalid, "bad"), "write"), Invalid, false}, // its own kind stays
		{fmt.Errorf("deep: %w", New(Blocked, "no")), Blocked, false},
		{fmt.Errorf("late: %w", context.DeadlineExceeded), Timeout, false},
		{fmt.Errorf("gone: %w", context.Canceled), Transient, true},
		{errors.Join(plain, New(Invalid, "bad")), Invalid, false},
	} {
		if k := KindOf(c.err); k != c.kind || k.Retryable() != c.again {
			t.Errorf("%v: kind %q, delivered again %v; want %q, %v", c.err, k, k.Retryable(), c.kind, c.again)
		}
	}
}

func TestWrapSaysWhatWasBeingDone(t *testing.T) {
	if err := Wrap(Internal, New(Invalid, "no url"), "decode request %d", 7); err.Error() != "decode request 7: no url" {
		t.Errorf("got %q", err)
	}
	if Wrap(Internal, nil, "nothing") != nil {
		t.Error("nil became an error")
	}
}

// What could not begin for want of capacity is told from what failed, however deep it stands.
func TestBusyIsTransientAndKnown(t *testing.T) {
	late := fmt.Errorf("no tab: %w", context.DeadlineExceeded)
	for _, err := range []error{Busy(late), Wrap(Internal, Busy(late), "reserve"), errors.Join(late, Busy(late))} {
		if !IsBusy(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: busy %v", err, IsBusy(err))
		}
	}
	if k := KindOf(Busy(late)); k != Transient {
		t.Errorf("busy is %s", k)
	}
	if IsBusy(late) || IsBusy(nil) || Busy(nil) != nil || IsBusy(New(Transient, "quota")) {
		t.Error("what is not busy is taken for it")
	}
}
