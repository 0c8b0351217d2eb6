package pages

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// ranges are the names between the folders that are no page's and may hold
// millions of objects: the desk's own, and Vision's answers. '0' follows '/'.
var ranges = [][2]string{{"", ".desk/"}, {".desk0", annotate.CacheFolder + "/"}, {annotate.CacheFolder + "0", ""}}

// Refs yields the results there are, once each. What is no page's is left out. The
// first error ends it.
func (s *Source) Refs(ctx context.Context) iter.Seq2[Ref, error] {
	if s.Folder != nil {
		return s.files(ctx)
	}
	return func(yield func(Ref, error) bool) {
		for _, r := range ranges {
			for a, err := range s.Objects.Between(ctx, s.Results, r[0], r[1]) {
				if err != nil {
					yield(Ref{}, err)
					return
				}
				if ref, ok := resultOf(a); ok && !yield(ref, nil) {
					return
				}
			}
		}
	}
}

// resultOf says whether an object is a page's result.
func resultOf(a store.Attrs) (Ref, bool) {
	id, ok := strings.CutSuffix(a.Object, "/"+resultFile)
	return Ref{ID: id, Version: a.Generation, Written: a.Created}, ok && job.CheckID(id) == nil
}

func (s *Source) files(ctx context.Context) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		entries, err := fs.ReadDir(s.Folder, ".")
		if err != nil {
			yield(Ref{}, fault.New(fault.Invalid, "%v; give the directory that run wrote into", err))
			return
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				yield(Ref{}, ctx.Err())
				return
			}
			if !e.IsDir() || job.CheckID(e.Name()) != nil {
				continue
			}
			info, err := fs.Stat(s.Folder, path.Join(e.Name(), resultFile))
			switch {
			case errors.Is(err, fs.ErrNotExist): // under way, failed, or no page's
			case err != nil:
				yield(Ref{}, fault.Wrap(fault.Internal, err, "look for %s", e.Name()))
				return
			case info.Mode().IsRegular() && !yield(refOf(e.Name(), info), nil):
				return
			}
		}
	}
}
