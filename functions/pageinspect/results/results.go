// Package results finds pages among stored results: those of a bucket, or of the
// folder that a run left. It reads and keeps nothing.
package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// maxResult is far more than any result.
const maxResult = 512 << 20

// The files of a page's folder, in a bucket and in a run's directory.
const (
	resultFile  = "result.json"
	reportFile  = "report.html"
	failureFile = "error.json"
)

// Page is what became of one page: a result, without its text, or a failure.
type Page struct {
	ID      string
	Result  result.Result
	Failure *job.Failure
	Request job.Request // of a failure
	Report  string      // its report's place: a gs:// URI, or a file below the directory
}

// Source has results. Exactly one of Bucket and Folder is set.
type Source struct {
	Objects *store.Client
	Bucket  string
	Folder  fs.FS
	IDs     []string // empty: all
	Prefix  string   // of the ids
	AtOnce  int      // read at a time
}

// Pages are the pages there are, in the order of their ids, or of IDs. An error
// that has an id in its page is about that page alone, and the others follow.
func (s Source) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type read struct {
			page Page
			err  error
		}
		queue := make(chan chan read, max(s.AtOnce, 1))
		go func() {
			defer close(queue)
			for id, err := range s.ids(ctx) {
				answer := make(chan read, 1)
				if err != nil {
					answer <- read{err: err}
				} else {
					go func() {
						p, err := s.page(ctx, id)
						answer <- read{p, err}
					}()
				}
				select {
				case queue <- answer:
				case <-ctx.Done():
					return
				}
			}
		}()
		for answer := range queue {
			var r read
			select {
			case r = <-answer:
			case <-ctx.Done():
				yield(Page{}, ctx.Err())
				return
			}
			if len(s.IDs) == 0 && errors.Is(r.err, store.ErrNotExist) {
				continue // under way, or no page's
			}
			if !yield(r.page, r.err) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(Page{}, ctx.Err())
		}
	}
}

func (s Source) ids(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range s.IDs {
			if !yield(id, nil) {
				return
			}
		}
		if len(s.IDs) > 0 {
			return
		}
		if s.Folder == nil {
			for id, err := range s.Objects.Folders(ctx, s.Bucket, s.Prefix) {
				if id != annotate.CacheFolder && !strings.HasPrefix(id, ".") && !yield(id, err) {
					return
				}
			}
			return
		}
		entries, err := fs.ReadDir(s.Folder, ".")
		if err != nil {
			yield("", fault.New(fault.Invalid, "%v; give the directory that run wrote into", err))
			return
		}
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && strings.HasPrefix(e.Name(), s.Prefix) && !yield(e.Name(), nil) {
				return
			}
		}
	}
}

// page reads one page. It is store.ErrNotExist where there is nothing of it.
func (s Source) page(ctx context.Context, id string) (Page, error) {
	p := Page{ID: id}
	if err := job.CheckID(id); err != nil {
		return p, fault.Wrap(fault.Invalid, err, "id")
	}
	b, err := s.read(ctx, id, resultFile)
	if s.Folder != nil && errors.Is(err, store.ErrNotExist) {
		return s.failed(ctx, id)
	}
	if err != nil {
		return p, err
	}
	p.Result, err = decode(b)
	if err != nil || p.Result.ID != id {
		return p, fault.New(fault.Invalid, "%s/%s is not a result of %s with the id %q: %v", id, resultFile, result.Schema, id, err)
	}
	if p.Report = path.Join(id, reportFile); s.Folder == nil {
		p.Report = store.URI{Bucket: s.Bucket, Object: p.Report}.String()
		p.Result.ResultObject, p.Result.ReportObject = store.URI{Bucket: s.Bucket, Object: id + "/" + resultFile}.String(), p.Report
	}
	return p, nil
}

func (s Source) failed(ctx context.Context, id string) (Page, error) {
	p := Page{ID: id}
	b, err := s.read(ctx, id, failureFile)
	if err != nil {
		return p, err
	}
	var f job.Failure
	if err := json.Unmarshal(b, &f); err != nil || f.Schema != job.FailureSchema {
		return p, fault.New(fault.Invalid, "%s/%s is no failure of %s: %v", id, failureFile, job.FailureSchema, err)
	}
	p.Failure, p.Request = &f, original(f)
	return p, nil
}

func (s Source) read(ctx context.Context, id, name string) ([]byte, error) {
	if s.Folder == nil {
		b, _, err := s.Objects.Read(ctx, store.URI{Bucket: s.Bucket, Object: id + "/" + name}, maxResult)
		return b, err
	}
	b, err := fs.ReadFile(s.Folder, path.Join(id, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.Invalid, fmt.Errorf("%w: %w", store.ErrNotExist, err), "read")
	}
	return b, err
}

// skipped is a member of JSON that is passed over.
type skipped struct{}

func (*skipped) UnmarshalJSON([]byte) error { return nil }

// decode reads a result without its text, which is nearly all of it.
func decode(b []byte) (result.Result, error) {
	var r struct {
		result.Result
		Text  skipped `json:"text"`
		Lines skipped `json:"lines"`
		HTML  skipped `json:"html"`
	}
	err := json.Unmarshal(b, &r)
	if err == nil && r.Schema != result.Schema {
		err = fmt.Errorf("its schema is %q", r.Schema)
	}
	return r.Result, err
}
