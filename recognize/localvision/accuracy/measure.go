package accuracy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Engine has pages read just as in production: their pictures are put into a
// bucket, and recognize has Vision, or what stands in for it, read them there.
type Engine struct {
	Vision annotate.Vision
	Store  *store.Client
	Bucket string // for tiles, manifests and results alike
}

// silence is a Publisher for results that nobody waits for.
type silence struct{}

func (silence) Publish(context.Context, result.Result) error { return nil }

// Read has a page read and returns its lines, in CSS px. It puts objects under
// the id, and removes them again.
func (e Engine) Read(ctx context.Context, id string, p Rendered, scale float64) ([]result.Line, error) {
	packs, err := rules.Bundled()
	if err != nil {
		return nil, err
	}
	tile := store.URI{Bucket: e.Bucket, Object: id + "/tile.jpg"}
	manifest := store.URI{Bucket: e.Bucket, Object: id + "/page.json"}
	defer e.remove(context.WithoutCancel(ctx), id)
	if _, err := e.Store.Put(ctx, tile, "image/jpeg", p.Picture, nil); err != nil {
		return nil, fault.Wrap(fault.Transient, err, "put the page's picture")
	}
	b, err := json.Marshal(page.Manifest{
		Schema: page.Schema, ID: id, FinalURL: tile.String(), CapturedAt: time.Unix(0, 0).UTC(), Width: Width, Height: p.Height, Scale: scale,
		Request: job.Request{Schema: job.RequestSchema, ID: id, URL: "https://accuracy.example/" + id},
		Tiles:   []page.Tile{{Object: tile.String(), Width: Width, Height: p.Height, MediaType: "image/jpeg", Bytes: len(p.Picture), SHA256: sum(p.Picture), CRC32C: store.CRC32CBase64(p.Picture)}},
	})
	if err != nil {
		return nil, err
	}
	if _, err := e.Store.Put(ctx, manifest, "application/json", b, nil); err != nil {
		return nil, fault.Wrap(fault.Transient, err, "put the page's manifest")
	}
	r := recognize.Recognizer{
		Vision: e.Vision, Store: e.Store, Rules: packs, Events: silence{}, Screenshots: e.Bucket, Pages: e.Bucket, Results: e.Bucket,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	reading := r.Job(manifest)
	if _, _, err := reading.Look(ctx); err != nil {
		return nil, err
	}
	err = reading.Do(ctx, nil)
	return reading.Result().Lines, err
}

func (e Engine) remove(ctx context.Context, id string) {
	for object, err := range e.Store.List(ctx, e.Bucket, id+"/") {
		if err != nil {
			return // what is left behind is a few megabytes under a name of its own
		}
		_ = e.Store.Delete(ctx, object.URI)
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
