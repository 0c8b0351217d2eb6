package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"

	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Limits of what is read back: Vision's for a tile, and far more than any result.
const (
	maxTile   = 20 << 20
	maxResult = 512 << 20
)

// The files of a page's folder; the tiles lie in tilesDir.
const (
	resultFile  = "result.json"
	reportFile  = "report.html"
	failureFile = "error.json"
)

// outDir is the directory that --out names. Everything is written through an
// os.Root, which no name and no symbolic link leads out of.
//
// Nothing but files that this program writes is ever removed, each by its own
// name, and no directory at all: --out may be somebody's home.
type outDir struct{ root *os.Root }

func openOut(dir string) (outDir, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return outDir{}, fault.New(fault.Internal, "%v; choose another directory with --out", err)
	}
	root, err := os.OpenRoot(dir)
	return outDir{root}, fault.Wrap(fault.Internal, err, "open the directory for the results")
}

func (o outDir) close() { o.root.Close() } //nolint:errcheck // nothing is written through it

// page makes the folder of a page. An id that is not valid never becomes one:
// it may come from a list or a record that somebody else made.
func (o outDir) page(id string) (*os.Root, error) {
	if err := job.CheckID(id); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the id of a page's folder")
	}
	if err := o.root.Mkdir(id, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(fault.Internal, err, "make the folder of page %s", id)
	}
	folder, err := o.root.OpenRoot(id)
	return folder, fault.Wrap(fault.Internal, err, "open the folder of page %s", id)
}

var tileFile = regexp.MustCompile(`^[0-9]{3,}\.(jpg|png|webp)$`)

// forget removes what an earlier run wrote into a page's folder.
func forget(folder *os.Root) error {
	names := []string{resultFile, reportFile, failureFile}
	tiles, err := fs.ReadDir(folder.FS(), tilesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, t := range tiles {
		if t.Type().IsRegular() && tileFile.MatchString(t.Name()) {
			names = append(names, path.Join(tilesDir, t.Name()))
		}
	}
	for _, name := range names {
		if err := folder.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// saveResult copies a page's result and tiles into its folder, and makes the
// report anew so that it shows the tiles beside it.
func (o outDir) saveResult(ctx context.Context, objects *store.Client, event result.Result) (*result.Result, error) {
	r, err := o.copyResult(ctx, objects, event)
	return r, cured(err)
}

// cured says what to do about a file that could not be written.
func cured(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.New(fault.Internal, "%v; free some space, or choose another directory with --out", err)
	}
	return err
}

func (o outDir) copyResult(ctx context.Context, objects *store.Client, event result.Result) (*result.Result, error) {
	uri, err := store.ParseURI(event.ResultObject)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "result of %s", event.ID)
	}
	b, _, err := objects.Read(ctx, uri, maxResult)
	if err != nil {
		return nil, err
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "%s", uri)
	}
	folder, err := o.page(event.ID)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	if err := forget(folder); err != nil {
		return nil, err
	}
	if err := folder.Mkdir(tilesDir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	names := map[string]string{}
	for i, t := range r.Tiles {
		uri, err := store.ParseURI(t.Object)
		if err != nil {
			return nil, err
		}
		data, _, err := objects.Read(ctx, uri, maxTile)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "tile %d of %s", i, r.ID)
		}
		names[t.Object] = tileName(i, t.MediaType)
		if err := writeWhole(folder, names[t.Object], data); err != nil {
			return nil, err
		}
	}
	var html bytes.Buffer
	if err := report.Render(&html, r, func(object string) string { return names[object] }); err != nil {
		return nil, err
	}
	if err := writeWhole(folder, reportFile, html.Bytes()); err != nil {
		return nil, err
	}
	return &r, writeIndented(folder, resultFile, b)
}

// saveFailure writes the error record of a page that failed. What an earlier
// run found there is no longer so.
func (o outDir) saveFailure(id string, record []byte) error {
	folder, err := o.page(id)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := forget(folder); err != nil {
		return cured(err)
	}
	return cured(writeIndented(folder, failureFile, record))
}

func writeIndented(folder *os.Root, name string, b []byte) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b, "", " "); err != nil {
		return err
	}
	return writeWhole(folder, name, append(pretty.Bytes(), '\n'))
}

// writeWhole writes a file whole or not at all: on a full disk, none stays that
// looks like one.
func writeWhole(folder *os.Root, name string, b []byte) error {
	part := name + ".part"
	err := folder.WriteFile(part, b, 0o644)
	if err == nil {
		err = folder.Rename(part, name)
	}
	if err != nil {
		folder.Remove(part) //nolint:errcheck // the other error is told
	}
	return err
}

// earlier is the result that an earlier run wrote of an id, if any.
func (o outDir) earlier(id string) (r result.Result, ok bool) {
	if job.CheckID(id) != nil {
		return r, false
	}
	b, err := o.root.ReadFile(path.Join(id, resultFile))
	return r, err == nil && json.Unmarshal(b, &r) == nil && r.Schema == result.Schema && r.ID == id
}

// tilesDir is where a page's tiles go, beside its report.
const tilesDir = "tiles"

func tileName(i int, mediaType string) string {
	ext := map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}[mediaType]
	return fmt.Sprintf("%s/%03d.%s", tilesDir, i, ext)
}
