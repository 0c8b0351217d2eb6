package localconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
)

const (
	// maxRetryAfter bounds what a function may ask for.
	maxRetryAfter = 5 * time.Minute
	// maxAnswer is how much of an answer is read, and maxQuoted of it is quoted in an error.
	maxAnswer = 1 << 16
	maxQuoted = 300
)

// settle delivers a record or has it dead-lettered, and says whether it may be
// committed: false only when ctx has ended.
func (t *task) settle(ctx context.Context, m topic.Message) bool {
	for round := 1; ; round++ {
		err := t.deliver(ctx, m)
		if err == nil {
			return true // also when ctx has ended meanwhile
		}
		if ctx.Err() != nil {
			return false
		}
		log := t.log.With("partition", m.Partition, "offset", m.Offset)
		log.Error("delivery failed for good", "error", err)
		if err = t.cfg.DeadLetter(ctx, m, err); err == nil {
			return true
		}
		log.Error("could not be dead-lettered and is delivered again", "error", err)
		if !pause(ctx, t.backoff(round)) {
			return false
		}
	}
}

// deliver attempts until the function accepts the record, the retries are used
// up or ctx ends. Attempts that found no connection use up none.
func (t *task) deliver(ctx context.Context, m topic.Message) error {
	body := envelope(m)
	attempts, refusals := 0, 0
	for {
		retryAfter, err := t.attempt(ctx, m, body)
		var wait time.Duration
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return err
		case refused(err):
			if refusals++; refusals == 1 {
				t.log.Warn("the function accepts no connection; waiting for it", "url", t.cfg.URL, "error", err)
			}
			wait = t.backoff(refusals)
		default:
			refusals = 0
			if attempts++; attempts > t.cfg.MaxRetries {
				return fault.Wrap(fault.Transient, err, "deliver %s/%d/%d to %s: gave up after %d attempts", m.Topic, m.Partition,
					m.Offset, t.cfg.URL, attempts)
			}
			wait = max(t.backoff(attempts), retryAfter)
			t.log.Info("will be delivered again", "partition", m.Partition, "offset", m.Offset, "in", wait, "error", err)
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// attempt posts the record once. It returns nil for a 2xx answer, and otherwise
// also how long the function asks to be left alone.
func (t *task) attempt(ctx context.Context, m topic.Message, body []byte) (retryAfter time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	setHeaders(req.Header, m)
	res, err := t.cfg.Client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode/100 != 2:
		text := strings.TrimSpace(string(answer[:min(len(answer), maxQuoted)]))
		return parseRetryAfter(res.Header.Get("Retry-After"), time.Now()), fmt.Errorf("the function answered %s: %q", res.Status, text)
	case err != nil && ctx.Err() == nil:
		// The status came and the answer did not: the function may have died over it.
		return 0, fmt.Errorf("the function's answer broke off: %w", err)
	}
	return 0, nil
}

// refused says that no connection was made, so that the function has not seen the record.
func refused(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// backoff is the pause before the nth retry: doubled each time, and between
// half and all of that, so that tasks that failed together do not return together.
func (t *task) backoff(n int) time.Duration {
	d := t.cfg.Backoff
	for range n - 1 {
		if d >= t.cfg.MaxBackoff/2 { // doubled once more it would be longer, or overflow
			d = t.cfg.MaxBackoff
			break
		}
		d *= 2
	}
	d = min(d, t.cfg.MaxBackoff)
	return d/2 + rand.N(d/2+1)
}

// parseRetryAfter reads seconds or an HTTP date; anything else is no wait.
func parseRetryAfter(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
