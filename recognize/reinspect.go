package recognize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Replacer is what a Reinspector needs of an object store; *store.Client has it.
type Replacer interface {
	Store
	Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
}

// Reinspector applies the rules in force to stored results: no page is captured
// again and no picture read. It is safe for concurrent use.
//
// A result whose findings and verdict come out the same is left as it is. Of
// one that changes, first the report is replaced, then the event published,
// then the result replaced, each object only if it is still the one that was
// looked at. So whoever is stopped in between, or finds a newer result there,
// sees the change again at the next attempt, and the last event is always that
// of the result that stands.
type Reinspector struct {
	Store   Replacer
	Rules   *rules.Set
	Events  Publisher
	Results string // bucket of the results and reports
	// Emulator is the host:port of the stand-in that Store is; empty: Cloud Storage.
	Emulator string
	Packs    []string // names of the packs to apply; empty: those that each request asked for
	DryRun   bool     // say what would change, and change nothing
	Now      func() time.Time
}

// Change is what other rules make of a result.
type Change struct {
	ID             string
	Before, After  result.Verdict
	Added, Removed []result.Finding
}

// Any says whether anything is different.
func (c Change) Any() bool { return c.Before != c.After || len(c.Added)+len(c.Removed) > 0 }

// replaceTries bounds how often a result that is replaced meanwhile is looked at again.
const replaceTries = 5

// Result reinspects the result of an id.
func (r *Reinspector) Result(ctx context.Context, id string) (Change, error) {
	for try := 1; ; try++ {
		c, err := r.once(ctx, id, try > 1)
		if err == nil || try == replaceTries || !errors.Is(err, store.ErrChanged) {
			return c, fault.Wrap(fault.Internal, err, "reinspect %s", id)
		}
	}
}

// once looks at the result as it stands now. again has it written and
// published even if nothing changes, after an attempt that may have published
// what another result then overtook.
func (r *Reinspector) once(ctx context.Context, id string, again bool) (Change, error) {
	uri := objectURI(r.Results, id, resultName)
	b, attrs, err := r.Store.Read(ctx, uri, maxResultBytes)
	if err != nil {
		return Change{}, err
	}
	res, err := result.Decode(b)
	if err != nil || res.Schema != result.Schema || res.ID != id {
		return Change{}, fault.New(fault.Invalid, "%s is not a result of %s with the id %q: %v", uri, result.Schema, id, err)
	}
	c := Change{ID: id, Before: res.Verdict}
	before := res.Findings
	if len(r.Packs) > 0 {
		res.Packs = r.Packs
	}
	if err := judge(&res, r.Rules, r.Now()); err != nil {
		return Change{}, err
	}
	c.After, c.Added, c.Removed = res.Verdict, without(res.Findings, before), without(before, res.Findings)
	if r.DryRun || !c.Any() && !again {
		return c, nil
	}
	res.ReinspectedAt = r.Now().UTC()
	return c, r.replace(ctx, res, uri, attrs.Generation)
}

func (r *Reinspector) replace(ctx context.Context, res result.Result, uri store.URI, generation int64) error {
	reportURI := objectURI(r.Results, res.ID, reportName)
	old, err := r.Store.Stat(ctx, reportURI)
	if err != nil && !errors.Is(err, store.ErrNotExist) {
		return err
	}
	// The report that was there a moment ago belongs to this result or an older one.
	if now, err := r.Store.Stat(ctx, uri); err != nil || now.Generation != generation {
		return fault.Wrap(fault.Transient, errors.Join(store.ErrChanged, err), "%s", uri)
	}
	var html bytes.Buffer
	if err := report.Render(&html, res, TileURL(r.Emulator)); err != nil {
		return err
	}
	if old.Generation == 0 {
		_, err = r.Store.Create(ctx, reportURI, reportType, html.Bytes(), nil)
		if errors.Is(err, store.ErrExists) {
			err = fault.Wrap(fault.Transient, store.ErrChanged, "%s", reportURI)
		}
	} else {
		_, err = r.Store.Replace(ctx, reportURI, old.Generation, reportType, html.Bytes(), nil)
	}
	if err != nil {
		return err
	}
	if err := r.Events.Publish(ctx, res.Event(uri.String(), reportURI.String())); err != nil {
		return fault.Wrap(fault.Transient, err, "announce the result")
	}
	b, err := json.Marshal(res)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the result")
	}
	_, err = r.Store.Replace(ctx, uri, generation, resultType, b, resultMetadata(res))
	return err
}

// without lists the findings of a that are not in b, each as often as it is more often in a.
func without(a, b []result.Finding) []result.Finding {
	rest := slices.Clone(b)
	var out []result.Finding
	for _, f := range a {
		i := slices.IndexFunc(rest, func(o result.Finding) bool { return equal(f, o) })
		if i < 0 {
			out = append(out, f)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return out
}

func equal(a, b result.Finding) bool {
	return a.Rule == b.Rule && a.Severity == b.Severity && a.Mode == b.Mode && a.Quote == b.Quote && a.Match == b.Match &&
		a.Box == b.Box && slices.Equal(a.Boxes, b.Boxes) && slices.Equal(a.Lines, b.Lines) &&
		a.Message == b.Message && a.Law == b.Law && slices.Equal(a.Suggest, b.Suggest) &&
		a.Pattern == b.Pattern && a.Evasion == b.Evasion && a.Kind == b.Kind && reflect.DeepEqual(a.Basis, b.Basis)
}
