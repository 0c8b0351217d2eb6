package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

const (
	// maxArchive bounds an archive: the tallest pages' tiles are a tenth of it.
	maxArchive = 4 << 30
	// maxEntries bounds the entries: all the tiles of a page, a thousand decisions, and some.
	maxEntries = page.MaxTiles + 4096
	// maxRead bounds an entry that is read as a whole, such as result.json.
	maxRead = 512 << 20
)

// header is that of an entry: stored, of no time and no owner. Sizes and sum are
// in front of the data, so that there is one way to read the archive.
func header(name string, size int64, crc uint32) *zip.FileHeader {
	return &zip.FileHeader{
		Name: name, Method: zip.Store, ReaderVersion: 20, CreatorVersion: 20,
		//lint:ignore SA1019 Modified writes an extra field; this is 1 January 1980, the first day that a ZIP knows
		ModifiedDate: 1<<5 | 1,
		CRC32:        crc, CompressedSize64: uint64(size), UncompressedSize64: uint64(size),
	}
}

// writer writes an archive.
type writer struct {
	zip   *zip.Writer
	files []File
	bytes int64
}

// add writes an entry and notes its sum.
func (w *writer) add(name string, data []byte) error {
	if w.bytes += int64(len(data)); w.bytes > maxArchive {
		return fault.New(fault.Invalid, "the archive would have more than %d GiB", maxArchive>>30)
	}
	to, err := w.zip.CreateRaw(header(name, int64(len(data)), crc32.ChecksumIEEE(data)))
	if err == nil {
		_, err = to.Write(data)
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "write %s", name)
	}
	sum := sha256.Sum256(data)
	w.files = append(w.files, File{name, int64(len(data)), hex.EncodeToString(sum[:])})
	return nil
}

// errOtherwise says that an archive is not, to the byte, what a writer makes of its entries.
var errOtherwise = errors.New("it is not written as this tool writes it: something was added, or hidden between its files")

// same compares what is written to it with what is there.
type same struct {
	there io.ReaderAt
	at    int64
	buf   []byte
}

func (s *same) Write(b []byte) (int, error) {
	if len(s.buf) < len(b) {
		s.buf = make([]byte, len(b))
	}
	n, err := s.there.ReadAt(s.buf[:len(b)], s.at)
	if n < len(b) || !bytes.Equal(s.buf[:n], b) {
		if err == nil || err == io.EOF {
			err = errOtherwise
		}
		return 0, err
	}
	s.at += int64(n)
	return n, nil
}

// archive is one that was read: small entries whole, of the others the sums.
type archive struct {
	files []File // of all entries, in order
	data  map[string][]byte
}

// readArchive reads an archive, and refuses any that a writer would not have made.
// It keeps the entries that keep asks for. Its errors are fault.Invalid.
func readArchive(r io.ReaderAt, size int64, keep func(name string) bool) (archive, error) {
	a := archive{data: map[string][]byte{}}
	bad := func(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
	if size > maxArchive {
		return a, bad("it has %d bytes, more than %d", size, int64(maxArchive))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return a, bad("it is no archive of evidence: %v", err)
	}
	if len(z.File) > maxEntries {
		return a, bad("it has %d files, more than %d", len(z.File), maxEntries)
	}
	there := &same{there: r}
	again := zip.NewWriter(there)
	seen := map[string]bool{}
	for _, f := range z.File {
		switch {
		case !listed.MatchString(f.Name) && f.Name != statementName && f.Name != signatureName && f.Name != timestampName:
			return a, bad("it has a file %q, which is none of such an archive", f.Name)
		case seen[f.Name]:
			return a, bad("it has two files %q", f.Name)
		case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.UncompressedSize64 > uint64(size):
			return a, bad("%s is compressed, or says a size that cannot be", f.Name)
		}
		seen[f.Name] = true
		if err := a.read(again, f, keep(f.Name)); err != nil {
			return a, bad("%s: %v", f.Name, err)
		}
	}
	if err := again.Close(); err != nil {
		return a, bad("%v", err)
	}
	if there.at != size {
		return a, bad("%v", errOtherwise)
	}
	return a, nil
}

// read reads one entry, and writes it again.
func (a *archive) read(again *zip.Writer, f *zip.File, keep bool) error {
	size := int64(f.UncompressedSize64)
	if keep && size > maxRead {
		return fault.New(fault.Invalid, "has %d bytes, more than %d", size, maxRead)
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // it was only read
	copied, err := again.CreateRaw(header(f.Name, size, f.CRC32))
	if err != nil {
		return err
	}
	sum := sha256.New()
	to := []io.Writer{copied, sum}
	var data bytes.Buffer
	if keep {
		to = append(to, &data)
	}
	if _, err := io.Copy(io.MultiWriter(to...), from); err != nil {
		return err
	}
	if keep {
		a.data[f.Name] = data.Bytes()
	}
	a.files = append(a.files, File{f.Name, size, hex.EncodeToString(sum.Sum(nil))})
	return again.Flush()
}
