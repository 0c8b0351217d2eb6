package localgcs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// repair brings the directory into order after a kill: a write that stopped
// halfway is undone, files that are no objects are set aside, and what the
// journal still holds of buckets that notify is returned to be told of again.
func (s *Server) repair(pending []entry, notify map[string]string) ([]notice, error) {
	if s.dir == "" {
		return nil, nil
	}
	var notices []notice
	for _, e := range pending {
		attrs, _, err := s.read(e.at)
		if err != nil {
			s.log.Warn("a write was cut off and is undone", "object", e.at.String(), "reason", err)
			s.undo(e)
			attrs, _, err = s.read(e.at)
		}
		if err := s.journal.keepNoOld(e); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "local storage: repair %s", e.at)
		}
		_, notifies := notify[e.at.bucket]
		if err == nil && notifies {
			notices = append(notices, notice{entry: e, resource: resourceOf(attrs)})
			continue
		}
		if err := s.journal.remove(e); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "local storage: repair %s", e.at)
		}
	}
	return notices, s.sweep()
}

// undo puts back what a failed write replaced, or sets its remains aside.
func (s *Server) undo(e entry) {
	if s.dir == "" {
		return
	}
	path := s.path(e.at)
	for _, suffix := range []string{attributesSuffix, ""} {
		old := s.journal.file(e, oldSuffix+suffix)
		err := os.Rename(old, path+suffix)
		if errors.Is(err, fs.ErrNotExist) && !s.whole(e.at) {
			err = s.setAside(path + suffix)
		}
		if err != nil {
			s.log.Error("cannot undo a write", "object", e.at.String(), "error", err)
		}
	}
}

func (s *Server) whole(at ref) bool {
	_, _, err := s.read(at)
	return err == nil
}

// sweep makes every bucket listable: one file without attributes, such as a
// temporary file of a killed process, makes fakestorage fail every list.
func (s *Server) sweep() error {
	root := filepath.Join(s.dir, objectsDir)
	buckets, err := os.ReadDir(root)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "local storage: read %s", root)
	}
	for _, bucket := range buckets {
		if !bucket.IsDir() {
			continue
		}
		if _, err := s.fake.Backend().ListObjects(bucket.Name(), "", false); err == nil {
			continue
		}
		if err := s.sweepBucket(filepath.Join(root, bucket.Name()), bucket.Name()); err != nil {
			return fault.Wrap(fault.Invalid, err, "local storage: repair bucket %s", bucket.Name())
		}
		if _, err := s.fake.Backend().ListObjects(bucket.Name(), "", false); err != nil {
			return fault.Wrap(fault.Internal, err, "local storage: bucket %s cannot be listed", bucket.Name())
		}
	}
	return nil
}

func (s *Server) sweepBucket(folder, bucket string) error {
	return filepath.WalkDir(folder, func(path string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() || strings.HasSuffix(path, attributesSuffix) {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		object, err := s.fake.GetObjectStreaming(bucket, filepath.ToSlash(name))
		if err == nil {
			object.Close()
			return nil
		}
		s.log.Warn("a file that is no object is set aside", "file", path, "reason", err)
		return s.setAside(path)
	})
}

// setAside moves a file out of the way. Nothing is deleted: were the reason a
// file system that misbehaves, it might be somebody's object.
func (s *Server) setAside(path string) error {
	for n := 0; ; n++ {
		to := filepath.Join(s.dir, straysDir, filepath.Base(path)+"."+strconv.Itoa(n))
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		if err := os.Rename(path, to); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
}

// path is where fakestorage's file backend keeps an object.
func (s *Server) path(at ref) string {
	if s.dir == "" {
		return ""
	}
	return filepath.Join(s.dir, objectsDir, at.bucket, filepath.FromSlash(at.object))
}
