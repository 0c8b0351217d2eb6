package fault

import "errors"

// busy marks an error that says nothing about the work itself.
type busy struct{ err error }

// Busy marks err as one that the work did not cause and that says nothing
// about it: the instance has no place free or is being stopped, or an operator
// must mend something first (a permission, a quota). Its kind is Transient, and
// it never counts as a failed attempt, however long it lasts. A nil err stays nil.
func Busy(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: Transient, Err: busy{err}}
}

// IsBusy says whether err, or one that it wraps, was marked by Busy.
func IsBusy(err error) bool {
	_, ok := errors.AsType[busy](err)
	return ok
}

func (b busy) Error() string { return b.err.Error() }

// Unwrap returns the cause.
func (b busy) Unwrap() error { return b.err }
