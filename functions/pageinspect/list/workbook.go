package list

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/xuri/excelize/v2"
)

// Bounds of a workbook, whose archive may unpack to anything. Excel's own limit
// of rows is 1,048,576.
const (
	maxUnpacked = 256 << 20 // bytes, of all that is read of it
	maxTags     = 2_000_000 // in its table of texts, which are half a million: each takes some 240 bytes of memory
	maxParts    = 10_000
	maxColumns  = 256        // that are looked at
	maxCells    = 20_000_000 // of a sheet, with the empty ones before the last of each row
)

// workbook reads a sheet of an XLSX file.
func (l *List) workbook(name string, data []byte, o Options) error {
	data, err := bounded(data)
	if err != nil {
		return err
	}
	// Nothing larger than the bound is unpacked, and so nothing to temporary files.
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return fault.New(fault.Invalid, "is no .xlsx that can be read (%v); open it in Excel and save it as .xlsx or CSV UTF-8", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	sheets := f.GetSheetList()
	var tried []string
	var first error
	for _, sheet := range sheets {
		visible, err := f.GetSheetVisible(sheet)
		if o.Sheet == "" && (err != nil || !visible) || o.Sheet != "" && sheet != o.Sheet {
			continue
		}
		tried = append(tried, sheet)
		rows, hidden, err := cells(f, name, sheet)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			continue
		}
		err = l.rows(fmt.Sprintf("%s!%s", name, sheet), rows, o.Columns)
		if first == nil {
			first = err
		}
		if err != nil {
			continue
		}
		if len(sheets) > 1 {
			l.Notes = append(l.Notes, fmt.Sprintf("%s: the sheet %q is read, of %d; --sheet names another", name, sheet, len(sheets)))
		}
		if hidden > 0 {
			l.Notes = append(l.Notes, fmt.Sprintf("%s: %d of the rows are hidden in Excel, and are taken too", name, hidden))
		}
		return nil
	}
	if o.Sheet != "" && len(tried) == 0 {
		return fault.New(fault.Invalid, "--sheet: there is no sheet %q; there are %s", o.Sheet, strings.Join(sheets, ", "))
	}
	return first // nil: all are empty
}

// bounded is the workbook without its pictures, or an error if its archive
// unpacks to more than a list takes.
func bounded(data []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fault.New(fault.Invalid, "is no whole .xlsx (%v); save it again, or as CSV UTF-8", err)
	}
	if len(z.File) > maxParts {
		return nil, fault.New(fault.Invalid, "has %d parts, more than %d; save the sheet with the addresses as CSV UTF-8", len(z.File), maxParts)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	total := uint64(0)
	for _, part := range z.File {
		lower := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		if !strings.HasSuffix(lower, ".xml") && !strings.HasSuffix(lower, ".rels") {
			continue // a picture, a macro, a printer's settings
		}
		total += part.UncompressedSize64
		if total > maxUnpacked {
			return nil, fault.New(fault.Invalid, "unpacks to more than %d MB; save the sheet with the addresses as CSV UTF-8", maxUnpacked>>20)
		}
		if strings.HasSuffix(lower, "sharedstrings.xml") {
			if n, err := tags(part); err != nil || n > maxTags {
				return nil, fault.New(fault.Invalid, "has more than %d texts, or broken ones; save the sheet with the addresses as CSV UTF-8", maxTags/4)
			}
		}
		if err := w.Copy(part); err != nil {
			return nil, fault.New(fault.Invalid, "its part %q cannot be read (%v); save it again, or as CSV UTF-8", part.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// tags counts the tags of a part, as far as maxTags.
func tags(part *zip.File) (n int, err error) {
	r, err := part.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	for buffer := make([]byte, 64<<10); n <= maxTags; {
		read, err := r.Read(buffer)
		n += bytes.Count(buffer[:read], []byte("<"))
		if errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
	return n, nil
}

// cells reads the rows of a sheet that are not empty.
func cells(f *excelize.File, name, sheet string) (rows []row, hidden int, err error) {
	all, err := f.Rows(sheet)
	if err != nil {
		return nil, 0, fault.New(fault.Invalid, "the sheet %q cannot be read: %v", sheet, err)
	}
	defer all.Close() //nolint:errcheck // it was only read
	size, count := 0, 0
	for n := 1; all.Next(); n++ {
		values, err := all.Columns()
		if err != nil {
			return nil, 0, fault.New(fault.Invalid, "the sheet %q cannot be read from row %d on: %v", sheet, n, err)
		}
		if count += len(values) + 1; count > maxCells {
			return nil, 0, fault.New(fault.Invalid, "the sheet %q has more than %d cells; save the columns that matter as CSV UTF-8", sheet, maxCells)
		}
		values = slices.Clone(values[:min(len(values), maxColumns)])
		r := row{where: fmt.Sprintf("%s!%s:%d", name, sheet, n), cells: values}
		if r.empty() {
			continue
		}
		var line bytes.Buffer
		w := csv.NewWriter(&line)
		w.Write(values) //nolint:errcheck // into memory
		w.Flush()
		r.original = bytes.TrimRight(line.Bytes(), "\n")
		if size += line.Len() + 16*len(values); size > maxUnpacked {
			return nil, 0, fault.New(fault.Invalid, "the sheet %q has more than %d MB of text; save the columns that matter as CSV UTF-8", sheet, maxUnpacked>>20)
		}
		if all.GetRowOpts().Hidden {
			hidden++
		}
		rows = append(rows, r)
	}
	if err := all.Error(); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fault.New(fault.Invalid, "the sheet %q: %v", sheet, err)
	}
	return rows, hidden, nil
}
