package localgcs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// notice is a completed object that somebody is to be told of.
type notice struct {
	entry    entry
	resource resource
}

const (
	// As long as the longest acknowledgement deadline of Pub/Sub.
	ackDeadline = 600 * time.Second

	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second

	defaultDeliveries = 4
)

// notifier delivers notices. Each has a goroutine that waits for its turn, so
// that one receiver that fails holds up nobody else's.
type notifier struct {
	journal *journal
	log     *slog.Logger
	client  *http.Client
	turns   chan struct{} // holds as many as are under way

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	urls    map[string]string // of the buckets that notify
	changed chan struct{}     // closed and replaced when urls or pending change
	pending int
	closed  bool
}

func newNotifier(urls map[string]string, deliveries int, j *journal, log *slog.Logger) *notifier {
	if deliveries <= 0 {
		deliveries = defaultDeliveries
	}
	n := &notifier{
		journal: j, log: log,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: deliveries},
			Timeout:   ackDeadline,
			// A redirect is no acknowledgement, and following one would turn the POST into a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		turns:   make(chan struct{}, deliveries),
		urls:    maps.Clone(urls),
		changed: make(chan struct{}),
	}
	if n.urls == nil {
		n.urls = make(map[string]string)
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n
}

// wants says whether a bucket's objects are told of.
func (n *notifier) wants(bucket string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.urls[bucket]
	return ok
}

func (n *notifier) setURL(bucket, url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.urls[bucket] = url
	n.wake()
}

// wake tells everybody who waits; the caller holds mu.
func (n *notifier) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// tell delivers a notice in the background, until it is acknowledged or close.
func (n *notifier) tell(e notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed { // a request that outlived Close: the journal keeps it
		return
	}
	n.pending++
	n.wg.Go(func() {
		if !n.deliver(e) {
			return // closing: the journal keeps it
		}
		if err := n.journal.remove(e.entry); err != nil {
			n.log.Error("a notification that was acknowledged will be repeated", "object", e.entry.at.String(), "error", err)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.pending--
		n.wake()
	})
}

func (n *notifier) idle(ctx context.Context) error {
	for {
		n.mu.Lock()
		pending, changed := n.pending, n.changed
		n.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d notifications are not acknowledged: %w", pending, ctx.Err())
		}
	}
}

func (n *notifier) close() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.cancel()
	n.wg.Wait()
	n.client.CloseIdleConnections()
}

// deliver returns false if the notifier is closed first.
func (n *notifier) deliver(e notice) bool {
	pause := firstPause
	for {
		to, ok := n.url(e.resource.Bucket)
		if !ok {
			return false
		}
		select {
		case n.turns <- struct{}{}:
		case <-n.ctx.Done():
			return false
		}
		err := n.post(to, e)
		<-n.turns
		if err == nil {
			return true
		}
		if n.ctx.Err() != nil {
			return false
		}
		n.log.Warn("notification not acknowledged, will be repeated", "object", e.entry.at.String(), "to", to, "error", err)
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-n.ctx.Done():
			return false
		}
		pause = min(2*pause, lastPause)
	}
}

// url waits until the bucket has an address.
func (n *notifier) url(bucket string) (string, bool) {
	for {
		n.mu.Lock()
		to, changed := n.urls[bucket], n.changed
		n.mu.Unlock()
		if to != "" {
			return to, n.ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-n.ctx.Done():
			return "", false
		}
	}
}

// post sends a notice as Eventarc does: CloudEvents' binary mode, with the
// object's resource as data. Its id is the same at every repetition.
func (n *notifier) post(to string, e notice) error {
	data, err := json.Marshal(e.resource)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(n.ctx, http.MethodPost, to, bytes.NewReader(data))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Content-Type":   "application/json",
		"ce-id":          strconv.FormatInt(e.resource.Generation, 10) + "-" + strconv.FormatInt(e.entry.number, 10),
		"ce-source":      "//storage.googleapis.com/projects/_/buckets/" + e.resource.Bucket,
		"ce-specversion": "1.0",
		"ce-type":        "google.cloud.storage.object.v1.finalized",
		"ce-subject":     "objects/" + (&url.URL{Path: e.resource.Name}).EscapedPath(),
		"ce-time":        e.resource.Updated,
		"ce-bucket":      e.resource.Bucket,
	} {
		req.Header.Set(name, value)
	}
	res, err := n.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(res.Body, 512))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", res.Status, bytes.TrimSpace(reason))
	}
	return nil
}
