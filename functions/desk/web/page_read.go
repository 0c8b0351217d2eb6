package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/sync/errgroup"
)

// Bounds of what is kept in memory between two requests.
const (
	maxResults = 64 << 20 // results, as their JSON is long
	maxImages  = 96 << 20 // decoded tiles
	maxCrops   = 32 << 20 // crops, encoded
	// readAtOnce is how many objects are read at a time for one page.
	readAtOnce = 16
)

// reading is what the page, its tiles and its crops are made of.
type reading struct {
	*Desk
	results *cache[inspected]
	images  *cache[picture]
	crops   *cache[[]byte]
	decode  chan struct{} // a place for each tile that is decoded at a time
}

func (d *Desk) reading() *reading {
	return &reading{d, newCache[inspected](maxResults), newCache[picture](maxImages), newCache[[]byte](maxCrops), make(chan struct{}, 2)}
}

// inspected is a result in one of its versions. It is shared, and not changed.
type inspected struct {
	result.Result
	ref pages.Ref
}

// now is a page's result as it is now.
func (g *reading) now(ctx context.Context, id string) (inspected, error) {
	if err := job.CheckID(id); err != nil {
		return inspected{}, errNotFound
	}
	b, ref, err := g.Pages.Read(ctx, id)
	if err != nil {
		return inspected{}, err
	}
	return g.results.get(ctx, versionKey(id, ref.Version), func(context.Context) (inspected, int, error) {
		r, err := result.Decode(b)
		return inspected{r, ref}, len(b), fault.Wrap(fault.Internal, err, "result of %s", id)
	})
}

// version is the result that a page's address names with v=, from memory if it is there.
// One that is no longer in the bucket is errStale.
func (g *reading) version(r *http.Request) (inspected, error) {
	id, asked := r.PathValue("id"), r.URL.Query().Get("v")
	if asked == "" {
		return g.now(r.Context(), id)
	}
	v, err := strconv.ParseInt(asked, 10, 64)
	if err != nil {
		return inspected{}, fault.New(fault.Invalid, "v: want the number of a version")
	}
	if in, ok := g.results.look(versionKey(id, v)); ok {
		return in, nil
	}
	in, err := g.now(r.Context(), id)
	if err == nil && in.ref.Version != v {
		err = errStale
	}
	return in, err
}

func versionKey(id string, version int64) string {
	return id + "/" + strconv.FormatInt(version, 10)
}

// kept is a result as a reviewer saw it, by its hash.
func (g *reading) kept(r *http.Request) (inspected, error) {
	id, hash := r.PathValue("id"), r.PathValue("hash")
	if _, err := hex.DecodeString(hash); err != nil || len(hash) != 64 || job.CheckID(id) != nil {
		return inspected{}, errNotFound
	}
	return g.keptAs(r.Context(), id, hash)
}

func (g *reading) keptAs(ctx context.Context, id, hash string) (inspected, error) {
	return g.results.get(ctx, id+"/"+hash, func(ctx context.Context) (inspected, int, error) {
		b, err := g.Ledger.Kept(ctx, id, hash)
		if err != nil {
			return inspected{}, 0, err
		}
		r, err := result.Decode(b)
		return inspected{r, pages.Ref{ID: id}}, len(b), fault.Wrap(fault.Internal, err, "kept result of %s", id)
	})
}

// decided is what people decided about a page and its pictures.
type decided struct {
	eyes   eyes
	onPage []decision.Decision // those undone, too
	// onPictures are the decisions on each of the pictures, likewise.
	onPictures [][]decision.Decision
	standing   decision.Standing
	showing    map[string]int // by picture in which a finding lies: pages that show it
}

// series are the decisions on the page, and those on each of its pictures.
func (d decided) series() [][]decision.Decision { return append(slices.Clip(d.onPictures), d.onPage) }

// decided reads the decisions on a page, and on the pictures that its findings lie in,
// as far as a reader sees them.
func (g *reading) decided(ctx context.Context, e eyes, r result.Result) (d decided, err error) {
	if d.eyes = e; e.blind() {
		d.onPage, err = e.read(ctx, g.Desk, r.ID)
		d.standing = decision.Stand(r, d.onPage, nil)
		return d, err
	}
	pictures := picturesOf(r)
	showing := make([]int, len(pictures))
	d.onPictures = make([][]decision.Decision, len(pictures))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	group.Go(func() (err error) {
		d.onPage, err = g.Ledger.Read(ctx, decision.Page, r.ID)
		return err
	})
	for i, p := range pictures {
		group.Go(func() (err error) {
			d.onPictures[i], err = g.Ledger.Read(ctx, decision.Picture, p)
			return err
		})
		group.Go(func() error {
			ids, err := g.Index.Showing(ctx, p)
			showing[i] = len(ids)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return d, err
	}
	byPicture := map[string][]decision.Decision{}
	d.showing = map[string]int{}
	for i, p := range pictures {
		byPicture[p], d.showing[p] = d.onPictures[i], showing[i]
	}
	d.standing = decision.Stand(r, d.onPage, byPicture)
	return d, nil
}

// picturesOf are the pictures that findings lie in, each once.
func picturesOf(r result.Result) (pictures []string) {
	for _, f := range r.Findings {
		if m := decision.MarkOf(r, f); m.In != nil {
			pictures = append(pictures, m.Picture)
		}
	}
	slices.Sort(pictures)
	return slices.Compact(pictures)
}

// keptVersion is a result that was kept, and who saw it when they decided.
type keptVersion struct {
	Hash string `json:"hash"`
	// At is when it was inspected or, if no decision says so, kept.
	At string `json:"at"`
	By string `json:"by,omitempty"` // who decided on it last
}

// versions are the results that were kept of a page, the latest first.
func (g *reading) versions(ctx context.Context, id string, onPage []decision.Decision) ([]keptVersion, error) {
	objects, err := g.Ledger.AllKept(ctx, id)
	if err != nil {
		return nil, err
	}
	slices.Reverse(objects)
	all := make([]keptVersion, 0, len(objects))
	for _, o := range objects {
		name, ok := strings.CutSuffix(strings.TrimPrefix(o.Object, ledger.Folder+"shown/"+id+"/"), ".json.zst")
		if !ok || len(name) != 64 {
			continue
		}
		v := keptVersion{Hash: name, At: spellTime(o.Created)}
		for _, d := range onPage {
			if d.Shown.Result == name {
				v.By = d.By
				if !d.Shown.CapturedAt.IsZero() {
					v.At = spellTime(d.Shown.CapturedAt)
				}
			}
		}
		all = append(all, v)
	}
	return all, nil
}
