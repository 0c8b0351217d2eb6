package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Limits of what is read back: Vision's for a tile, and far more than any result.
const (
	maxTile   = 20 << 20
	maxResult = 512 << 20
)

// saveResult copies a page's result and tiles into dir, and makes the report
// anew so that it shows the tiles beside it.
func saveResult(ctx context.Context, objects *store.Client, event result.Result, dir string) (*result.Result, error) {
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
	if err := os.RemoveAll(filepath.Join(dir, tilesDir)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, tilesDir), 0o755); err != nil {
		return nil, err
	}
	os.Remove(filepath.Join(dir, "error.json")) // of an earlier run
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
		if err := os.WriteFile(filepath.Join(dir, names[t.Object]), data, 0o644); err != nil {
			return nil, err
		}
	}
	var html bytes.Buffer
	if err := report.Render(&html, r, func(object string) string { return names[object] }); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "report.html"), html.Bytes(), 0o644); err != nil {
		return nil, err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b, "", " "); err != nil {
		return nil, err
	}
	return &r, os.WriteFile(filepath.Join(dir, "result.json"), append(pretty.Bytes(), '\n'), 0o644)
}

// saveFailure writes the error record of a page that failed.
func saveFailure(record []byte, dir string) error {
	if err := os.RemoveAll(dir); err != nil { // what an earlier run found there is no longer so
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, record, "", " "); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "error.json"), append(pretty.Bytes(), '\n'), 0o644)
}
