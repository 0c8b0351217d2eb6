package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// maxShown is far more than any result.
const maxShown = 512 << 20

var (
	packer, _   = zstd.NewWriter(nil)
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxShown))
)

// Keep keeps a result.json as a reviewer saw it, and returns its SHA-256 in hex. A
// page that is inspected again leaves nothing of its former result elsewhere.
func (l *Ledger) Keep(ctx context.Context, id string, resultJSON []byte) (string, error) {
	sum := sha256.Sum256(resultJSON)
	name := hex.EncodeToString(sum[:])
	uri, err := l.shownURI(id, name)
	if err != nil {
		return "", err
	}
	_, err = l.Store.Create(ctx, uri, "application/zstd", packer.EncodeAll(resultJSON, nil), nil)
	if errors.Is(err, store.ErrExists) {
		err = nil
	}
	return name, fault.Wrap(fault.Transient, err, "keep what was shown of %s", id)
}

// Kept returns a result.json that Keep kept, checked against its hash.
func (l *Ledger) Kept(ctx context.Context, id, hash string) ([]byte, error) {
	uri, err := l.shownURI(id, hash)
	if err != nil {
		return nil, err
	}
	b, _, err := l.Store.Read(ctx, uri, maxShown)
	if err != nil {
		return nil, err
	}
	b, err = unpacker.DecodeAll(b, nil)
	if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != hash {
		return nil, fault.New(fault.Internal, "%s is not what was shown: its hash is another (%v)", uri, err)
	}
	return b, nil
}

// AllKept are the objects of what was kept of a page, the oldest first.
func (l *Ledger) AllKept(ctx context.Context, id string) ([]store.Attrs, error) {
	uri, err := l.shownURI(id, strings.Repeat("0", 64))
	if err != nil {
		return nil, err
	}
	var all []store.Attrs
	for a, err := range l.Store.List(ctx, l.Bucket, strings.TrimSuffix(uri.Object, strings.Repeat("0", 64)+".json.zst")) {
		if err != nil {
			return nil, fault.Wrap(fault.Transient, err, "list what was shown of %s", id)
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b store.Attrs) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Generation, b.Generation))
	})
	return all, nil
}

func (l *Ledger) shownURI(id, hash string) (store.URI, error) {
	if err := job.CheckID(id); err != nil {
		return store.URI{}, fault.Wrap(fault.Invalid, err, "id")
	}
	if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return store.URI{}, fault.New(fault.Invalid, "%q is no SHA-256 in hex", hash)
	}
	return store.URI{Bucket: l.Bucket, Object: Folder + "shown/" + id + "/" + hash + ".json.zst"}, nil
}
