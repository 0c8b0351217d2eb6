// Package annotate has Vision look at pictures, each no more often than needed.
//
// # What it promises
//
// A picture whose bytes were read before with the same feature and engine is
// not sent again (see Cache), and one that a page shows twice is sent once.
// What is sent goes in calls of at most 16 images, a few at a time, and no
// faster than the quota. An image that fails is asked for again, alone, if its
// failure can heal, and is named by its own error if it does not.
//
// # Ownership
//
// A Client is a page's; what it has outlives every page and is safe for
// concurrent use. A page that runs out of time cancels its own context and
// nothing else: its calls end, and those of other pages on the same client go on.
package annotate

import (
	"context"
	"slices"
	"sync"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// Vision is what is needed of Google's client; *vision.ImageAnnotatorClient has it.
type Vision interface {
	BatchAnnotateImages(context.Context, *visionpb.BatchAnnotateImagesRequest, ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error)
}

// The features that are asked for. Each is billed as a unit for each image.
const (
	Text       = visionpb.Feature_DOCUMENT_TEXT_DETECTION
	SafeSearch = visionpb.Feature_SAFE_SEARCH_DETECTION
)

// Picture is one to be read.
type Picture struct {
	URI string // gs://bucket/object
	// SHA256 is of the bytes that URI had as Generation, in hex. Empty, the
	// picture is neither looked for in the cache nor kept there.
	SHA256     string
	Generation int64
	// Width and Height are in pixels; 0: unknown, and it goes on no sheet.
	Width, Height int
}

// Reading is what is known of one picture. The two annotations are those asked
// for, and never nil unless Err is set.
type Reading struct {
	Text *visionpb.TextAnnotation
	Safe *visionpb.SafeSearchAnnotation
	Page string // id of the page that the text was read for, if it was read before
	Err  error  // why Vision could not read the picture: a gRPC status
}

// Client asks Vision about the pictures of one page.
type Client struct {
	Vision Vision
	Parent string        // projects/P/locations/L, which says where Vision reads; empty: anywhere
	Limit  *rate.Limiter // of the images sent; see PerMinute. nil: none
	Page   string        // its id
	Cache  *Cache        // nil: every picture is sent
	Sheets *Sheets       // nil: every picture is sent by itself

	keeping sync.WaitGroup
}

// Wait returns once all that was read is in the cache, or cannot be: meanwhile
// the page goes on.
func (c *Client) Wait() { c.keeping.Wait() }

// Read reads the pictures with the features asked for and says what it cost.
// progress is told how many of them are done. The error is about all of them:
// the context ended, or a call failed and the same call may yet succeed or
// never will, as its fault.Kind says. Wait comes after it.
func (c *Client) Read(ctx context.Context, pictures []Picture, features []visionpb.Feature_Type, progress func(done int)) ([]Reading, result.Vision, error) {
	n := len(pictures)
	w := &work{
		Client: c, pictures: slices.Clone(pictures), readings: make([]Reading, n), missing: make([][]visionpb.Feature_Type, n),
		sheets: map[int]sheet{}, progress: progress,
	}
	first := w.firstOfEach()
	w.lookUp(ctx, features, first)
	err := w.ask(ctx, first)
	for i := range n {
		if first[i] != i {
			w.readings[i] = w.readings[first[i]]
		}
		if w.readings[i].Err == nil && (first[i] != i || !w.wasSent(i, Text)) {
			w.cost.Reused++
		}
	}
	return w.readings[:n], w.cost, err
}

// work is the pictures of one page on their way, and after them the sheets.
type work struct {
	*Client
	pictures []Picture
	sheets   map[int]sheet
	missing  [][]visionpb.Feature_Type // what must be asked for, of each picture
	alone    map[int]bool              // pictures that were called bad among others, and are asked for by themselves
	progress func(int)

	mu       sync.Mutex // of what follows
	readings []Reading
	cost     result.Vision
	done     int
}

// firstOfEach gives, for each picture, the index of the first with the same bytes.
func (w *work) firstOfEach() []int {
	seen := map[string]int{}
	first := make([]int, len(w.pictures))
	for i, p := range w.pictures {
		first[i] = i
		if at, ok := seen[p.SHA256]; ok && p.SHA256 != "" {
			first[i] = at
			continue
		}
		seen[p.SHA256] = i
	}
	return first
}

// lookUp takes from the cache what it has, and lists what is missing.
func (w *work) lookUp(ctx context.Context, features []visionpb.Feature_Type, first []int) {
	var looks errgroup.Group
	looks.SetLimit(storeCallsAtOnce)
	for i, p := range w.pictures {
		if first[i] != i {
			continue
		}
		looks.Go(func() error {
			for _, f := range features {
				if w.Cache == nil || p.SHA256 == "" || !w.Cache.load(ctx, f, p.SHA256, &w.readings[i]) {
					w.missing[i] = append(w.missing[i], f)
				}
			}
			return nil
		})
	}
	_ = looks.Wait() // what cannot be had from the cache is missing, and no error
}

// ask sends what is missing, and returns when all of it is answered for. A call
// that fails leaves the others to finish: they are paid for, and what they
// answer is in the cache when the page is delivered again.
func (w *work) ask(ctx context.Context, first []int) error {
	var send []int
	for i := range first {
		if len(w.missing[i]) > 0 {
			send = append(send, i)
		} else if first[i] == i {
			w.done++
		}
	}
	send = w.fill(ctx, send)
	var calls errgroup.Group
	keeping := new(errgroup.Group)
	keeping.SetLimit(storeCallsAtOnce)
	calls.SetLimit(callsAtOnce)
	for from := 0; from < len(send); from += imagesPerCall {
		part := send[from:min(from+imagesPerCall, len(send))]
		calls.Go(func() error {
			err := w.call(ctx, part)
			if err == nil {
				err = w.apart(ctx, part)
			}
			if w.Cache != nil {
				for _, i := range part {
					for _, i := range append([]int{i}, w.sheets[i].of...) {
						r := w.readings[i] // a copy: the page's owner may mark its own while this is kept
						keeping.Go(func() error { w.keep(ctx, i, r); return nil })
					}
				}
			}
			return err
		})
	}
	err := calls.Wait()
	w.keeping.Go(func() { _ = keeping.Wait() }) // a reading that cannot be kept is read again another day
	return err
}

// keep puts into the cache what Vision said of a picture.
func (w *work) keep(ctx context.Context, i int, r Reading) {
	p := w.pictures[i]
	if p.SHA256 == "" || r.Err != nil || r.Text == nil && r.Safe == nil {
		return
	}
	w.Cache.store(ctx, w.Page, p, w.missing[i], r)
}

func (w *work) wasSent(i int, feature visionpb.Feature_Type) bool {
	for _, f := range w.missing[i] {
		if f == feature {
			return true
		}
	}
	return false
}

// PerMinute is a limiter that lets at most so many images pass in any minute:
// what may pass at once is taken off the steady rate. images is 32 or more.
func PerMinute(images int) *rate.Limiter {
	atOnce := max(imagesPerCall, images/30)
	return rate.NewLimiter(rate.Limit(images-atOnce)/60, atOnce)
}

// LeastPerMinute is the smallest quota that PerMinute can keep to: a call may
// have 16 images, and as many must be left for the minute.
const LeastPerMinute = 2 * imagesPerCall
