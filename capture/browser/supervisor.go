package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// errClosed happens if a page is asked for after Close.
var errClosed = fault.Busy(errors.New("this instance is shutting down"))

const (
	// startLimit is how long a browser may take to start, unless Config says otherwise.
	startLimit = 20 * time.Second
	// closeLimit leaves room for more within the 10 s that Cloud Run gives after SIGTERM.
	closeLimit = 5 * time.Second
	// firstBackoff is the wait before a start that follows a failed one. It doubles up to maxBackoff.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// supervisor owns the browser processes: it alone starts, replaces and ends
// them. One start is under way at a time, in a goroutine of its own and outside
// of the lock, so a browser that hangs delays only those who wait for it.
type supervisor struct {
	launch  func(ctx context.Context) (*process, error)
	limit   time.Duration // of one start
	recycle int
	log     *slog.Logger
	life    context.Context // ends with close
	end     context.CancelFunc
	work    sync.WaitGroup // starts and ends under way

	mu      sync.Mutex
	current *process
	all     map[*process]struct{} // those that have not ended; some are retired
	start   *start                // under way, or nil
	failed  int                   // starts in a row
	retry   time.Time             // when the next start may begin
}

// start is one attempt to have a browser.
type start struct {
	done chan struct{} // closed when err is set
	err  error         // nil: there is a browser
}

func newSupervisor(launch func(context.Context) (*process, error), cfg Config, log *slog.Logger) *supervisor {
	life, end := context.WithCancel(context.Background())
	s := &supervisor{launch: launch, limit: cfg.StartLimit, recycle: cfg.Recycle, log: log, life: life, end: end, all: map[*process]struct{}{}}
	if s.limit == 0 {
		s.limit = startLimit
	}
	return s
}

// enter counts a page into a live browser. It waits for one as long as ctx
// allows, and returns the error of the start that it waited for. Its errors are fault.Busy.
func (s *supervisor) enter(ctx context.Context) (*process, error) {
	for {
		s.mu.Lock()
		p, start := s.liveLocked()
		if p != nil {
			p.pages++
			p.open++
		}
		s.mu.Unlock()
		if p != nil {
			return p, nil
		}
		if err := s.await(ctx, start); err != nil {
			return nil, err
		}
	}
}

// ready waits for a live browser without entering it.
func (s *supervisor) ready(ctx context.Context) error {
	s.mu.Lock()
	p, start := s.liveLocked()
	s.mu.Unlock()
	if p != nil {
		return nil
	}
	return s.await(ctx, start)
}

func (s *supervisor) await(ctx context.Context, start *start) error {
	select {
	case <-start.done:
		return start.err
	case <-ctx.Done():
		return fault.Busy(fmt.Errorf("the browser was still starting: %w", ctx.Err()))
	}
}

// liveLocked returns a live browser, or else the start that is to bring one.
// A browser that has done its pages serves until the next one is there.
func (s *supervisor) liveLocked() (*process, *start) {
	if s.life.Err() != nil {
		over := &start{done: make(chan struct{}), err: errClosed}
		close(over.done)
		return nil, over
	}
	if p := s.current; p != nil && p.dead() {
		s.log.Warn("the browser ended; starting another", "pages", p.pages)
		s.retireLocked(p)
	}
	if s.start == nil && (s.current == nil || s.current.pages >= s.recycle) {
		s.start = &start{done: make(chan struct{})}
		begun, after := s.start, time.Until(s.retry)
		s.work.Go(func() { s.begin(begun, after) })
	}
	return s.current, s.start
}

// begin starts a browser after a time and puts it in place of the current one.
func (s *supervisor) begin(st *start, after time.Duration) {
	ctx, cancel := context.WithTimeout(s.life, max(after, 0)+s.limit)
	defer cancel()
	var p *process
	err := sleep(ctx, after)
	if err == nil {
		p, err = s.launch(ctx)
	}
	defer close(st.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = nil
	switch {
	case s.life.Err() != nil: // close is waiting for this
		st.err = errClosed
		if err == nil {
			p.shut(s.life)
		}
	case err != nil:
		st.err = fault.Busy(fmt.Errorf("the browser does not start: %w", err))
		s.retry = time.Now().Add(min(firstBackoff<<min(s.failed, 10), maxBackoff))
		s.failed++
		s.log.Error("the browser does not start", "error", err, "failures", s.failed)
	default:
		if old := s.current; old != nil {
			s.log.Info("a fresh browser takes over", "pages", old.pages)
			s.retireLocked(old)
		}
		s.current, s.all[p], s.failed, s.retry = p, struct{}{}, 0, time.Time{}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave counts a page out of its browser, which ends with its last page when
// it is to be replaced.
func (s *supervisor) leave(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.open--
	if p.retired && p.open == 0 {
		s.endLocked(p)
	}
}

// replace has another browser start in place of p, which does not answer.
func (s *supervisor) replace(p *process, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == p {
		s.log.Warn("the browser does not open a tab; replacing it", "error", why)
		s.retireLocked(p)
	}
}

// retireLocked lets the pages of p finish and then ends it.
func (s *supervisor) retireLocked(p *process) {
	p.retired = true
	if s.current == p {
		s.current = nil
	}
	if p.open == 0 || p.dead() {
		s.endLocked(p)
	}
}

// endLocked ends p in the background, unless close is at it.
func (s *supervisor) endLocked(p *process) {
	if s.life.Err() != nil {
		return
	}
	s.work.Go(func() {
		p.shut(context.Background())
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, p)
	})
}

// close ends every browser, one that is starting too. It returns when they are
// gone, at the latest when ctx or closeLimit ends.
func (s *supervisor) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	s.end()
	s.mu.Lock()
	for p := range s.all {
		s.work.Go(func() { p.shut(ctx) })
	}
	s.current = nil
	s.mu.Unlock()
	gone := make(chan struct{})
	go func() { s.work.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}
