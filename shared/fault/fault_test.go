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
		err    error
		kind   Kind
		status int
	}{
		{nil, "", 200},
		{plain, Internal, 200},
		{New(Unreachable, "gone"), Unreachable, 200},
		{Wrap(Transient, plain, "write"), Transient, 503},
		{Wrap(Transient, New(Invalid, "bad"), "write"), Invalid, 200}, // its own kind stays
		{fmt.Errorf("deep: %w", New(Blocked, "no")), Blocked, 200},
		{fmt.Errorf("late: %w", context.DeadlineExceeded), Timeout, 200},
		{fmt.Errorf("gone: %w", context.Canceled), Transient, 503},
		{errors.Join(plain, New(Invalid, "bad")), Invalid, 200},
	} {
		if k := KindOf(c.err); k != c.kind || k.Status() != c.status {
			t.Errorf("%v: kind %q, status %d; want %q, %d", c.err, k, k.Status(), c.kind, c.status)
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
