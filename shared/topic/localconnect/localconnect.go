// Package localconnect does on one machine what Kafka Connect with an HTTP sink
// does in the cloud: it hands every record of a topic to a function by POST, in
// the format of the Confluent Functions sink, until the function says 2xx.
//
// # Delivery
//
// At least once. A record's offset is committed only after the function answered
// 2xx to it or DeadLetter took it, and after all records before it in its
// partition were. A record whose answer was lost, or that was in flight when the
// process ended, is delivered again.
//
// An answer other than 2xx (a redirect too), or none, is retried with growing,
// jittered pauses, and not before its Retry-After; after MaxRetries retries the
// record goes to DeadLetter. If DeadLetter fails the record is not committed but
// delivered again from the beginning.
//
// A function that accepts no connection at all is down or restarting. That is no
// fault of the record, and unlike Kafka Connect, which counts such attempts,
// this package waits for it without end: restarting a function dead-letters nothing.
//
// # Ordering
//
// With InFlight 1 the records of a partition are delivered strictly one after the
// other. With more, a task begins them in order and has that many under way at
// once, so that a slow page does not hold up those behind it. Offsets are
// committed in order either way: what finished behind a slow record is delivered
// again if the process ends before that record does.
//
// # Ending
//
// When its context ends, Run cancels the requests in flight, commits what was
// answered before, hands nothing to DeadLetter, leaves the group and returns.
package localconnect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// The defaults of Config.
const (
	DefaultTasks      = 1
	DefaultMaxRetries = 10
	DefaultBackoff    = 500 * time.Millisecond
	DefaultMaxBackoff = 30 * time.Second
	DefaultInFlight   = 1
)

// Config says what to deliver, where, and how hard to try. Kafka, Group, Topic,
// URL and DeadLetter are required.
type Config struct {
	Kafka        topic.Config
	Group, Topic string
	URL          string // of the function

	Tasks      int           // members of the group, sharing the partitions; 0 is DefaultTasks
	InFlight   int           // records under way at once in each task; 0 is DefaultInFlight
	MaxRetries int           // after the first attempt; 0 is DefaultMaxRetries, less is none
	Backoff    time.Duration // pause before the first retry, doubled each time; 0 is DefaultBackoff
	MaxBackoff time.Duration // the longest pause, unless Retry-After asks for more; 0 is DefaultMaxBackoff

	Client *http.Client // its Timeout bounds one attempt; nil is a client without one
	// DeadLetter takes a record that could not be delivered, and why. Its
	// context ends with Run's, and the record is then not committed.
	DeadLetter func(ctx context.Context, m topic.Message, lastErr error) error
	Logger     *slog.Logger // nil discards
}

// Validate reports every mistake at once. Its error is fault.Invalid.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Validate()}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Group == "" {
		bad("Group: missing")
	}
	if c.Topic == "" {
		bad("Topic: missing")
	}
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad("URL: is %q, want an http or https address", c.URL)
	}
	if c.DeadLetter == nil {
		bad("DeadLetter: missing")
	}
	if err := errors.Join(errs...); err != nil {
		return fault.New(fault.Invalid, "connector %q: %w", c.Group, err)
	}
	return nil
}

func (c Config) withDefaults() Config {
	def := func(n *int, d int) {
		if *n == 0 {
			*n = d
		}
	}
	def(&c.Tasks, DefaultTasks)
	def(&c.InFlight, DefaultInFlight)
	def(&c.MaxRetries, DefaultMaxRetries)
	if c.Backoff == 0 {
		c.Backoff = DefaultBackoff
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = DefaultMaxBackoff
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Run delivers until ctx ends and then returns nil. A broker that is away is
// waited for. Its only errors are of the Config, at once.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	client := http.Client{Transport: http.DefaultTransport}
	if cfg.Client != nil {
		client = *cfg.Client
	} else {
		// Of our own, so that its connections end with us.
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = cfg.Tasks * cfg.InFlight
		client.Transport = t
		defer t.CloseIdleConnections()
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.Client = &client

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks sync.WaitGroup
	defer tasks.Wait()
	for n := range cfg.Tasks {
		group, err := topic.NewGroup(cfg.Kafka, cfg.Group, cfg.Topic)
		if err != nil {
			cancel()
			return err
		}
		log := cfg.Logger.With("group", cfg.Group, "topic", cfg.Topic, "task", n)
		t := &task{cfg: cfg, group: group, log: log, window: newWindow()}
		tasks.Go(func() { t.run(ctx) })
	}
	return nil
}
