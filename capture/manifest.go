package capture

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

func (c *Capturer) manifestURI(id string) store.URI {
	return store.URI{Bucket: c.Pages, Object: id + ".json"}
}

// runID names one attempt's tiles, so that two attempts never mix theirs. It
// sorts by time and is unique among instances.
func runID(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) //nolint:errcheck // never fails: crypto/rand since Go 1.24
	return now.Format("20060102T150405") + "-" + hex.EncodeToString(b[:])
}

// writeManifest commits the page. When another delivery was first, its
// manifest stands and is returned; this attempt's tiles are left to the
// bucket's lifecycle rule, and nothing names them.
func (s *shot) writeManifest(ctx context.Context) error {
	m := &s.manifest
	for _, address := range s.tab.Refused() {
		m.Blocked = appendOnce(m.Blocked, page.MaxNotes, "%s", job.Bare(address))
	}
	for _, said := range s.tab.Dialogs() {
		s.warn("a dialog said: %s", said)
	}
	b, err := m.Encode()
	if err != nil {
		return fault.New(fault.Internal, "the manifest just made is wrong: %v", err)
	}
	write := s.Store.Create
	if s.req.Force {
		write = s.Store.Put
	}
	_, err = write(ctx, s.manifestURI(m.ID), "application/json", b, telemetry.Carry(ctx, map[string]string{"id": m.ID}))
	if errors.Is(err, store.ErrExists) {
		return s.takeEarlier(ctx)
	}
	return fault.Wrap(fault.Transient, err, "write manifest")
}

// takeEarlier takes the manifest that another delivery committed first.
func (s *shot) takeEarlier(ctx context.Context) error {
	b, _, err := s.Store.Read(ctx, s.manifestURI(s.req.ID), page.MaxManifestBytes)
	if err != nil {
		return fault.Wrap(fault.Transient, err, "read the manifest that was first")
	}
	if s.manifest, err = page.Decode(b); err != nil {
		return err
	}
	return s.req.Conflict(s.manifest.Request)
}

// appendOnce adds a note unless it is there already or there are too many.
func appendOnce(notes []string, most int, format string, args ...any) []string {
	note := fmt.Sprintf(format, args...)
	note = page.Cut(note, page.MaxNoteBytes)
	if slices.Contains(notes, note) || len(notes) > most {
		return notes
	}
	if len(notes) == most {
		note = "and more"
	}
	return append(notes, note)
}
