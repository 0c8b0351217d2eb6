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
