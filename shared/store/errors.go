package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Answers that a caller decides about; ask with errors.Is. Passed on undecided,
// ErrNotExist is fault.Invalid, ErrChanged is fault.Transient, and ErrExists is
// fault.Internal, for whoever creates must have thought of it.
var (
	// ErrNotExist happens if there is no such object, or no such bucket.
	ErrNotExist = errors.New("no such object")
	// ErrExists happens if Create finds an object of that name: somebody, perhaps
	// an earlier delivery of the same work, was first.
	ErrExists = errors.New("the object exists already")
	// ErrChanged happens if Replace finds another generation than the one it
	// was to replace, or none: read again and decide anew.
	ErrChanged = errors.New("the object was changed by somebody else")
)

// Five tries within about three seconds: enough for a connection that was
// dropped or an instance that is replaced. What lasts longer is left to the
// next delivery, which does not hold an instance meanwhile.
const (
	maxTries   = 5
	firstDelay = 200 * time.Millisecond
)

const (
	codeNotFound           = http.StatusNotFound
	codePreconditionFailed = http.StatusPreconditionFailed
)

// patience is how long one try may take besides moving its bytes, which may go as
// slowly as slowest bytes a second. A connection on which nothing comes back
// would otherwise hold its caller to the end of its own time.
const (
	patience = 15 * time.Second
	slowest  = 1 << 20
)

// tryLimit bounds one try that moves at most so many bytes.
func tryLimit(bytes int64) time.Duration {
	return patience + time.Duration(bytes/slowest)*time.Second
}

// attempts calls try until it succeeds, fails in a way that another try will
// not heal, or has failed maxTries times. Each try has at most limit. again says
// that an earlier one may have been carried out although its answer did not arrive.
func attempts(ctx context.Context, limit time.Duration, try func(ctx context.Context, again bool) error) error {
	delay := firstDelay
	for n := 1; ; n++ {
		err := within(ctx, limit, func(ctx context.Context) error { return try(ctx, n > 1) })
		if err == nil || n == maxTries || ctx.Err() != nil || !worthAnotherTry(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(delay/2 + rand.N(delay)):
		}
		delay *= 2
	}
}

// within runs one try. That its own time ran out is not the caller's deadline:
// the error says so without being context.DeadlineExceeded.
func within(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := try(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %v: %v", limit, err)
	}
	return err
}

// worthAnotherTry says whether Cloud Storage asked for one, or did not answer.
func worthAnotherTry(err error) bool {
	code, answered := codeOf(err)
	if !answered {
		_, final := errors.AsType[*fault.Error](err)
		return !final
	}
	return retryCode(code)
}

// retryCode lists the answers that Cloud Storage documents as worth a retry.
// https://cloud.google.com/storage/docs/retry-strategy
func retryCode(code int) bool {
	return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500
}

func codeOf(err error) (int, bool) {
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		return e.Code, true
	}
	if errors.Is(err, storage.ErrObjectNotExist) || errors.Is(err, storage.ErrBucketNotExist) {
		return codeNotFound, true
	}
	return 0, false
}

func isCode(err error, want int) bool {
	code, ok := codeOf(err)
	return ok && code == want
}

// AnsweredAt is the store's own clock, to the second, at the answer that err
// came of; false where it did not answer. It compares with Attrs.Created
// whatever the clocks of the machines that ask.
func AnsweredAt(err error) (time.Time, bool) {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return time.Time{}, false
	}
	at, err := http.ParseTime(e.Header.Get("Date"))
	return at, err == nil
}

// explain is the one place where failures of Cloud Storage get their kind.
//
// Refused credentials and missing permissions (401, 403) and a missing bucket
// are Transient although they look permanent. They are an operator's mistake,
// and not the request's: once it is corrected, the same work succeeds, and until then it
// must wait in its topic and not be dead-lettered by the thousand: it is
// fault.Busy, which counts no attempt.
// A failure without an answer (DNS, TLS, a dropped connection, a token that
// could not be had) is Transient, too: arguments are checked before anything is sent.
func explain(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if expired := ctx.Err(); expired != nil && !errors.Is(err, expired) {
		err = fmt.Errorf("%w: %w", expired, err)
	}
	op := fmt.Sprintf(format, args...)
	if _, ok := errors.AsType[*fault.Error](err); ok || ctx.Err() != nil {
		return fault.Wrap(fault.Transient, err, "%s", op)
	}
	code, answered := codeOf(err)
	switch {
	case !answered:
		return fault.Wrap(fault.Transient, err, "%s: Cloud Storage did not answer", op)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		err = fmt.Errorf("not permitted; give the service account roles/storage.objectUser on the bucket "+
			"(reading alone needs roles/storage.objectViewer): %w", err)
		return fault.Wrap(fault.Transient, fault.Busy(err), "%s", op)
	case errors.Is(err, storage.ErrBucketNotExist):
		err = fmt.Errorf("%w: no such bucket; create it, or correct the name in the settings: %w", ErrNotExist, err)
		return fault.Wrap(fault.Transient, fault.Busy(err), "%s", op)
	case code == codeNotFound:
		return &fault.Error{Kind: fault.Invalid, Op: op, Err: fmt.Errorf("%w: %w", ErrNotExist, err)}
	case retryCode(code):
		return &fault.Error{Kind: fault.Transient, Op: op, Err: err}
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge:
		return &fault.Error{Kind: fault.Invalid, Op: op, Err: err}
	}
	return &fault.Error{Kind: fault.Internal, Op: op, Err: err}
}

// emulatorEndpoint takes host:port or a URL, as Google's library does with
// STORAGE_EMULATOR_HOST.
func emulatorEndpoint(host string) (string, error) {
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	u, err := url.Parse(host)
	if err != nil || u.Host == "" {
		return "", fault.New(fault.Invalid, "STORAGE_EMULATOR_HOST: %q is neither host:port nor a URL", host)
	}
	return u.Scheme + "://" + u.Host + "/storage/v1/", nil
}
