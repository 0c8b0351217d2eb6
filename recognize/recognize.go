// Package recognize turns a captured page into text, findings and a verdict.
//
// # What it promises
//
// The result object is written last and only if absent, so a finalize that is
// delivered again recognizes nothing twice: it repeats the event, which
// consumers tell by its id. A tile that Vision could not read makes the result
// partial and is named; a page's text is never silently shorter. Vision reads
// pictures by their gs:// addresses. Tiles are decoded here to look for QR codes
// and barcodes, each picture once, and those that are new to put them on sheets:
// Vision is paid by the picture. Where something crosses the cut between two
// tiles, a seam is read, too. An image that anybody put into the pages
// bucket is decoded first of all, and cut into tiles where Vision would not see
// all of it.
package recognize

import (
	"context"
	"log/slog"
	"time"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Store is what recognize needs of an object store; *store.Client has it.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	Stat(ctx context.Context, uri store.URI) (store.Attrs, error)
}

// Publisher announces a result; the function package has one for the results topic.
type Publisher interface {
	Publish(ctx context.Context, event result.Result) error
}

// Recognizer has what every page needs. All of it outlives any page and none
// of it is closed by one.
type Recognizer struct {
	Vision      annotate.Vision
	Parent      string          // projects/P/locations/L, which says where Vision reads; empty: anywhere
	Limit       *rate.Limiter   // of the images sent to Vision; nil: none
	Cache       *annotate.Cache // of what Vision said; nil: everything is sent
	Store       Store
	Rules       *rules.Set
	Events      Publisher
	Screenshots string // the one bucket whose tiles are read
	Pages       string // the one bucket whose manifests and images are read
	Results     string // bucket of the results and reports
	Engine      string // what stands behind Vision, for the result's coverage
	Emulator    string // host:port of the stand-in that Store is; empty: Cloud Storage
	Log         *slog.Logger
	Now         func() time.Time
	// Decoding bounds the images that are held and decoded at a time; they are
	// the memory of the whole instance. Pages that Capture photographed do not
	// count. nil: no bound.
	Decoding *semaphore.Weighted
	Codes    *codes.Reader // of QR codes and barcodes; nil: they are not looked for
}

// Look reads what was put into the pages bucket and says which run of which page
// it is. A page that has its result already is announced once more, and done.
func (j *Job) Look(ctx context.Context) (lease.Run, bool, error) {
	err := j.take(ctx, []step{
		{"manifest", j.readManifest}, // what was captured, checked; or which image was put
		{"earlier", j.findEarlier},   // the result of an earlier delivery
	})
	if err == nil && j.done {
		err = j.take(ctx, []step{{"announce", j.announce}})
	}
	return j.run(), j.done, err
}

// Do recognizes the page while own is held.
func (j *Job) Do(ctx context.Context, own *lease.Lease) error {
	var cancel context.CancelFunc
	j.asking, cancel = mostOf(ctx)
	defer cancel()        // after the wait: what was read is kept for reuse meanwhile
	defer j.client.Wait() // an instance may be frozen once it has answered
	return j.take(ctx, []step{
		{"image", j.readImage},        // of an image that somebody put: its tiles
		{"pictures", j.checkPictures}, // the tiles are there and what the manifest says
		{"codes", j.lookAtTiles},      // QR codes and barcodes, which no OCR sees
		{"across", j.lookAcross},      // those of them that no tile has whole
		{"seams", j.addSeams},         // tiles over the cuts that something may cross
		{"annotate", j.annotate},      // Vision reads the tiles
		{"merge", j.merge},            // every word once, in page coordinates
		{"selfcheck", j.selfCheck},    // how much of the page's own text was read too
		{"unread", j.findUnread},      // what was not read, or not surely
		{"lines", j.addCodeLines},     // what the codes say is text, too
		{"inspect", j.inspect},        // the reviewers' rules
		{"report", j.writeReport},     // what a person sees
		{"fence", own.Check},          // the page is still ours alone
		{"result", j.writeResult},     // the commit point
		{"announce", j.announce},      // the results topic
	})
}

// progress logs a step; a console that follows the log shows it to a person.
func (r *Recognizer) progress(id, step string, done, total int) {
	r.Log.Info("progress", "id", id, "stage", "recognize", "step", step, "done", done, "total", total)
}
