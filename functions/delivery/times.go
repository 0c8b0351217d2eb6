package delivery

import (
	"context"
	"time"
)

// longest is the time of a delivery where the platform tells none: the longest
// that Cloud Run allows.
const longest = time.Hour

// times is how the time of one delivery is spent.
type times struct {
	// half is when half of it is over. An item of a batch that was begun after
	// that and ran out of time is delivered again: it had too little to be
	// blamed.
	half time.Time
	work time.Time // when the work ends, and the reserve begins: to write down what happened
	end  time.Time // the platform's limit, which the functions framework makes the context's deadline
}

func timesOf(ctx context.Context) times {
	now := time.Now()
	end, ok := ctx.Deadline()
	if !ok {
		end = now.Add(longest)
	}
	left := end.Sub(now)
	return times{half: now.Add(left / 2), work: end.Add(-reserve(left)), end: end}
}

// reserve is a tenth of the time, at most 20 s.
func reserve(left time.Duration) time.Duration { return min(left/10, 20*time.Second) }
