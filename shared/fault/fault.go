// Package fault gives every error of Pageinspect a kind, and the kind alone
// decides what becomes of the work: acknowledged, retried or dead-lettered.
//
// # What a kind promises
//
// A permanent kind (Invalid, Unreachable, Blocked, Timeout, Internal) is written
// to the errors topic with the original request, whole, and then acknowledged:
// a rerun by the platform would only fail again. The one retryable kind,
// Transient, is answered 503 so that the platform delivers the work again.
//
// Nothing in this project matches error strings; it asks KindOf.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what sort of failure happened.
type Kind string

// The kinds. They are also the values of "kind" in pageinspect.error/v1.
const (
	// Invalid: the request, manifest, image or rule is wrong and will stay wrong.
	Invalid Kind = "invalid"
	// Unreachable: the page could not be had: no such host, refused, HTTP 4xx or 5xx.
	Unreachable Kind = "unreachable"
	// Blocked: an address that may not be visited, or a site that turns us away.
	Blocked Kind = "blocked"
	// Timeout: the time allowed ran out before there was anything to show.
	Timeout Kind = "timeout"
	// Transient: it may well work next time: quota, a lost connection, an instance that is busy.
	Transient Kind = "transient"
	// Internal: a defect of ours.
	Internal Kind = "internal"
)

// Kinds lists every kind, in the order in which people read them.
func Kinds() []Kind {
	return []Kind{Invalid, Unreachable, Blocked, Timeout, Transient, Internal}
}

// Retryable says whether the same work, delivered again unchanged, may succeed.
func (k Kind) Retryable() bool { return k == Transient }

// Error is a failure with its kind. Op says what was being done and, where it
// matters, to what: "load rules cosmetics-kr.yaml".
type Error struct {
	Kind Kind
	Op   string
	Err  error
}

func (e *Error) Error() string {
	if e.Op == "" {
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind. The message says what was wrong, where, and what to do.
func New(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// Wrap says what was being done when err happened, and keeps err's own kind
// if it has one; otherwise it takes the kind given. A nil err stays nil.
func Wrap(kind Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if k, ok := kindOf(err); ok {
		kind = k
	}
	return &Error{Kind: kind, Op: fmt.Sprintf(format, args...), Err: err}
}

// KindOf returns the kind of err: its own, or Timeout for an expired context,
// Transient for a cancelled one, and otherwise Internal. For nil it is "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if k, ok := kindOf(err); ok {
		return k
	}
	return Internal
}

func kindOf(err error) (Kind, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind, true
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout, true
	case errors.Is(err, context.Canceled):
		return Transient, true
	}
	return "", false
}
