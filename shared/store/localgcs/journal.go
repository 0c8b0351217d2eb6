package localgcs

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// A journal has a file for every write that is under way, and for every object
// that was completed and is not yet told of: <number>.json with the object's
// name. Beside the former lies <number>.old, a hard link to what the write
// replaces. A journal without a directory remembers nothing.
type journal struct {
	dir  string
	last atomic.Int64
}

// entry is one file of the journal.
type entry struct {
	number int64
	at     ref
}

type entryFile struct {
	Bucket string `json:"bucket"`
	Object string `json:"object"`
}

const (
	entrySuffix = ".json"
	oldSuffix   = ".old"
	// fakestorage keeps attributes in extended attributes, which a hard link
	// shares, or where the file system has none in a file of this suffix.
	attributesSuffix = ".metadata"
)

// openJournal reads what is left of earlier processes, oldest first.
func openJournal(dir string) (*journal, []entry, error) {
	j := &journal{dir: dir}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Invalid, err, "local storage: read journal")
	}
	var entries []entry
	for _, file := range files {
		base, ok := strings.CutSuffix(file.Name(), entrySuffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseInt(base, 10, 64)
		if err != nil {
			continue // not ours, or one that was never begun
		}
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		var content entryFile
		if err == nil {
			err = json.Unmarshal(data, &content)
		}
		if err != nil {
			return nil, nil, fault.Wrap(fault.Internal, err, "local storage: journal %s", filepath.Join(dir, file.Name()))
		}
		entries = append(entries, entry{number, ref{content.Bucket, content.Object}})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	if len(entries) > 0 {
		j.last.Store(entries[len(entries)-1].number)
	}
	return j, entries, nil
}

func (j *journal) file(e entry, suffix string) string {
	return filepath.Join(j.dir, strconv.FormatInt(e.number, 10)+suffix)
}

// begin records that the object in the file path is about to be written.
// The rename makes an entry whole or absent; a kill before it means the write was not begun.
func (j *journal) begin(at ref, path string) (entry, error) {
	e := entry{j.last.Add(1), at}
	if j.dir == "" {
		return e, nil
	}
	data, err := json.Marshal(entryFile{at.bucket, at.object})
	if err != nil {
		return e, err
	}
	// The links come first: an entry that is there has what it needs.
	for _, suffix := range []string{"", attributesSuffix} {
		old := j.file(e, oldSuffix+suffix)
		if err := removeIfThere(old); err != nil { // of a number that is used again
			return e, err
		}
		if err := os.Link(path+suffix, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return e, err
		}
	}
	temporary := j.file(e, ".new")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return e, err
	}
	return e, os.Rename(temporary, j.file(e, entrySuffix))
}

// keepNoOld forgets what was replaced, once the new object is whole.
func (j *journal) keepNoOld(e entry) error {
	if j.dir == "" {
		return nil
	}
	return errors.Join(removeIfThere(j.file(e, oldSuffix)), removeIfThere(j.file(e, oldSuffix+attributesSuffix)))
}

// remove forgets the entry: the write failed, or was told of and acknowledged.
func (j *journal) remove(e entry) error {
	if j.dir == "" {
		return nil
	}
	return errors.Join(j.keepNoOld(e), removeIfThere(j.file(e, entrySuffix)))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
