// Package capture turns a URL into tiles and a manifest.
//
// # What it promises
//
// A manifest exists only when every tile it names is in the screenshots
// bucket, whole and verified; it is written last and only if absent, so a
// repeated delivery captures nothing twice. A page that could not be captured
// wholly says so: Truncated where it went on below the profile's limit,
// Partial where time or the page itself ran out. One page's failure touches
// only its own tab.
package capture

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// Store is what capture needs of an object store; *store.Client has it.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
}

// Capturer has what every page needs. All of it outlives any page and none of
// it is closed by one.
type Capturer struct {
	Browser     *browser.Browser
	Profiles    *Profiles
	Store       Store
	Screenshots string // bucket of the tiles
	Pages       string // bucket of the manifests
	AllowNamed  bool   // a request may name a private address itself, and visit that one
	Log         *slog.Logger
	Now         func() time.Time
}

// takeSteps takes a page through all that is done with it, in order.
func (s *shot) takeSteps(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"profile", s.chooseProfile},  // how to look at this site
		{"tab", s.openTab},            // an isolated context in the shared browser
		{"navigate", s.navigate},      // the document, its status, its final address
		{"settle", s.settle},          // lazy images in, motion at rest, height known
		{"tile", s.tile},              // overlapping bands, verified, uploaded
		{"fence", s.own.Check},        // the page is still ours alone
		{"manifest", s.writeManifest}, // the commit point
	} {
		s.progress(s.req.ID, step.name, 0, 0)
		began := time.Now()
		stepCtx, end := telemetry.Step(ctx, "capture", step.name)
		err := step.do(stepCtx)
		if end(err); err != nil {
			return fault.Wrap(fault.Internal, err, "%s", step.name)
		}
		s.manifest.TimingsMS[step.name] = time.Since(began).Milliseconds()
	}
	return nil
}

// shot is one page on its way through the steps.
type shot struct {
	*Capturer
	req      job.Request  // bare
	address  string       // what is asked for, userinfo and all
	own      *lease.Lease // what makes the page this delivery's own; nil: nobody else could be at it
	profile  Profile
	metrics  emulation.SetDeviceMetricsOverrideParams // the window and the screen that the page is told
	slot     *browser.Slot
	tab      *browser.Tab
	run      string
	worlds   int           // how many documents our functions were put into
	lively   bool          // the page can still change, by itself or when it is scrolled
	elements int           // how many there are in the page's document
	unshown  int           // how many pictures of it are not shown
	shows    *content      // how much it showed when it was last asked what did not come
	scrolled int           // where the page is scrolled to while it is drawn
	written  bool          // a picture that may move is written into the page
	bared    bool          // what lies over the page was taken away
	edge     int           // the page's left end, from which pictures of it are measured; less than 0 where writing goes to the left
	halted   bool          // the page's scripts were stopped before it came to rest
	covered  []page.Unseen // what something lies over; drawn a second time without that
	arrival                // how the page came
	manifest page.Manifest
}

func newShot(c *Capturer, req job.Request, src job.Source) *shot {
	now, address := c.Now().UTC(), req.URL
	req = req.Bare()
	return &shot{
		Capturer: c, req: req, address: address, run: runID(now), arrival: arrival{visits: map[string]int{}},
		manifest: page.Manifest{
			Schema: page.Schema, ID: req.ID, Request: req, Source: src,
			CapturedAt: now, TimingsMS: map[string]int64{},
		},
	}
}

func (s *shot) close() {
	if s.tab != nil {
		s.tab.Close()
	}
}

func (s *shot) warn(format string, args ...any) {
	s.manifest.Warnings = appendOnce(s.manifest.Warnings, page.MaxNotes, "%s", job.Bare(fmt.Sprintf(format, args...)))
}

// partial notes why the page is not whole; the first reason stays.
func (s *shot) partial(why string) {
	if s.manifest.Partial == "" {
		s.manifest.Partial = why
	}
}

// unseen lists a part of the page that was not seen. Beyond MaxUnseen the last
// entry says that there are more.
func (s *shot) unseen(u page.Unseen) {
	u.Why, u.Source = page.Cut(job.Bare(u.Why), page.MaxNoteBytes), page.Cut(job.Bare(u.Source), page.MaxNoteBytes)
	list := &s.manifest.Unseen
	switch {
	case len(*list) == page.MaxUnseen || slices.ContainsFunc(*list, func(o page.Unseen) bool {
		return o == u || u.Source != "" && o.Kind == u.Kind && o.Source == u.Source && o.Box == u.Box
	}):
	case len(*list) == page.MaxUnseen-1:
		*list = append(*list, page.Unseen{Kind: u.Kind, Why: "and more, which are not listed"})
	default:
		*list = append(*list, u)
	}
}

func (s *shot) chooseProfile(context.Context) error {
	p, err := s.Profiles.For(s.req.Profile, s.req.URL)
	if err != nil {
		return err
	}
	s.profile, s.manifest.Profile = p, p.Name
	s.manifest.SafeSearch = p.SafeSearch || s.req.SafeSearch
	return nil
}

func (s *shot) openTab(ctx context.Context) (err error) {
	var allow []netip.AddrPort
	if s.AllowNamed {
		allow = named(s.req.URL)
	}
	s.tab, err = s.slot.Open(ctx, allow...)
	if err != nil {
		return err
	}
	return s.emulate(ctx)
}

// progress logs a step, and within it how many of how many tiles; a console
// that follows the log shows it to a person.
func (c *Capturer) progress(id, step string, done, total int) {
	c.Log.Info("progress", "id", id, "stage", "capture", "step", step, "done", done, "total", total)
}
