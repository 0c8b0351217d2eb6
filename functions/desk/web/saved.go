package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// saved is a filter that was given a name, for everybody.
type saved struct {
	Name  string    `json:"name"`
	Query string    `json:"query"` // parameters of the list
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

const (
	maxSaved     = 200
	maxSavedName = 60 // letters
	maxSavedSize = 64 << 10
)

// savedURI is where a saved filter lies. A name may have any letter, and an object's may not.
func (d *Desk) savedURI(name string) store.URI {
	return store.URI{Bucket: d.Ledger.Bucket, Object: ledger.Folder + "filters/" + job.ShortSum([]byte(name)) + ".json"}
}

func (d *Desk) savedFilters(w http.ResponseWriter, r *http.Request) {
	all, err := d.allSaved(r.Context())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.answer(w, r, http.StatusOK, all)
}

func (d *Desk) allSaved(ctx context.Context) ([]saved, error) {
	all := []saved{}
	for a, err := range d.Ledger.Store.List(ctx, d.Ledger.Bucket, ledger.Folder+"filters/") {
		if err != nil {
			return nil, fault.Wrap(fault.Transient, err, "list saved filters")
		}
		b, _, err := d.Ledger.Store.Read(ctx, a.URI, maxSavedSize)
		if errors.Is(err, store.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fault.Wrap(fault.Transient, err, "read a saved filter")
		}
		var one saved
		if json.Unmarshal(b, &one) == nil && one.Name != "" {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b saved) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// saveFilter gives a filter a name: {"name", "query"}. One of that name is replaced.
func (d *Desk) saveFilter(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name, Query string }
	if err := d.mayAsk(r, &body); err != nil {
		d.fail(w, r, err)
		return
	}
	one := saved{Name: strings.TrimSpace(body.Name), By: sessionOf(r).Who, At: d.Now().UTC()}
	err := func() (err error) {
		if one.Query, err = checkSaved(one.Name, body.Query); err != nil {
			return err
		}
		b, err := json.Marshal(one)
		if err != nil {
			return err
		}
		all, err := d.allSaved(r.Context())
		if err != nil {
			return err
		}
		if len(all) >= maxSaved {
			return errManySaved
		}
		return d.write(r.Context(), d.savedURI(one.Name), b)
	}()
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.answer(w, r, http.StatusOK, one)
}

// checkSaved returns the parameters that count, and no others.
func checkSaved(name, query string) (string, error) {
	if name == "" || utf8.RuneCountInString(name) > maxSavedName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", errSavedName
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		return "", fault.New(fault.Invalid, "query: %v", err)
	}
	f, err := filterOf(v)
	if err != nil {
		return "", err
	}
	if !f.Narrowed() {
		return "", errSavedAll
	}
	return f.String(), nil
}

// write writes an object of the desk that may be there already; the last one wins.
func (d *Desk) write(ctx context.Context, uri store.URI, b []byte) error {
	_, err := d.Ledger.Store.Create(ctx, uri, "application/json", b, nil)
	if !errors.Is(err, store.ErrExists) {
		return fault.Wrap(fault.Transient, err, "save the filter")
	}
	_, a, err := d.Ledger.Store.Read(ctx, uri, maxSavedSize)
	if err == nil {
		_, err = d.Ledger.Store.Replace(ctx, uri, a.Generation, "application/json", b, nil)
	}
	return fault.Wrap(fault.Transient, err, "save the filter")
}

// dropFilter forgets a saved filter: {"name"}.
func (d *Desk) dropFilter(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name string }
	err := d.mayAsk(r, &body)
	if err == nil {
		var a store.Attrs
		if _, a, err = d.Ledger.Store.Read(r.Context(), d.savedURI(body.Name), maxSavedSize); err == nil {
			err = d.Ledger.Store.DeleteGeneration(r.Context(), a.URI, a.Generation)
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotExist) {
		d.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// mayAsk reads a body that changes what others see.
func (d *Desk) mayAsk(r *http.Request, body any) error {
	if !sessionOf(r).MayDecide {
		return errMayNot
	}
	return decode(r, body)
}
