// Package list reads lists of pages as people have them: an address a line, JSON
// lines, CSV and TSV as Excel writes them, and XLSX.
//
// A list says what it says of each page and nothing else: ids, categories and
// labels where it has them. One wrong line stops no other; it is told with its
// place, what is wrong, and what to do, and its original is kept whole.
package list

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// MaxBytes bounds a list: ten million addresses of 25 bytes.
const MaxBytes = 256 << 20

// Entry is one line or row that asks for something.
type Entry struct {
	Where    string      // file and line, or file, sheet and row
	Original []byte      // as it was given; of a sheet's row, its cells as CSV
	Request  job.Request // what it says; all else is empty
	Err      error       // it says nothing that could be sent
}

// List is what was read.
type List struct {
	Entries []Entry
	// Notes say how the list was understood where that was no matter of course:
	// its encoding, its columns, the sheet.
	Notes []string
}

// Options are what the user says of a list.
type Options struct {
	Columns []Column // of a table; the others are found by their names
	Sheet   string   // of a workbook; empty: the first with addresses in it
}

// Parse reads a list, whatever it is. name is what it is called in messages. Its
// error is about the list as a whole, and is fault.Invalid.
func Parse(name string, data []byte, o Options) (List, error) {
	var l List
	if len(data) > MaxBytes {
		return l, fault.New(fault.Invalid, "%s: has more than %d MB; split it", name, MaxBytes>>20)
	}
	if err := unreadable(data); err != nil {
		return l, fault.Wrap(fault.Invalid, err, "%s", name)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		err := l.workbook(name, data, o)
		return l, fault.Wrap(fault.Invalid, err, "%s", name)
	}
	text, note := decode(data)
	if note != "" {
		l.Notes = append(l.Notes, name+": "+note)
	}
	comma, err := delimiter(name, text, len(o.Columns) > 0)
	switch {
	case err != nil:
		return l, fault.Wrap(fault.Invalid, err, "%s", name)
	case comma == 0 && len(o.Columns) > 0:
		return l, fault.New(fault.Invalid, "%s: --column names columns of a table, and this is none: its lines are JSON", name)
	case comma == 0:
		l.lines(name, text)
		return l, nil
	}
	rows := table(name, text, comma)
	return l, fault.Wrap(fault.Invalid, l.rows(name, rows, o.Columns), "%s", name)
}

// unreadable names the formats that are none of those read.
func unreadable(data []byte) error {
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), 512)], []byte(bom))))
	switch {
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return errors.New("is an Excel file of the old kind (.xls), or one with a password; open it in Excel and save it as .xlsx or CSV UTF-8, without a password")
	case bytes.HasPrefix(data, []byte("%PDF")):
		return errors.New("is a PDF; give the list as .xlsx, CSV or lines of addresses")
	case bytes.HasPrefix(start, []byte("<!doctype html")), bytes.HasPrefix(start, []byte("<html")), bytes.HasPrefix(start, []byte("<table")), bytes.HasPrefix(start, []byte("<meta")), bytes.HasPrefix(start, []byte("<?xml")):
		return errors.New("is HTML or XML, as many shops export it under the name .xls; open it in Excel and save it as .xlsx")
	case bytes.HasPrefix(start, []byte("[")):
		return errors.New("is a JSON array; give a JSON object a line: jq -c '.[]' makes that of it")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return errors.New("is compressed; give what gunzip makes of it")
	case binary(data[:min(len(data), 512)]):
		return errors.New("is no text; give the list as .xlsx, CSV or lines of addresses")
	}
	return nil
}

// binary says whether one byte in ten is one that no text has.
func binary(start []byte) bool {
	if _, ok := wide(start); ok {
		return false
	}
	n := 0
	for _, b := range start {
		if b < ' ' && b != '\t' && b != '\r' && b != '\n' && b != '\x1b' {
			n++
		}
	}
	return n*10 > len(start)
}

// lines takes each line that is neither empty nor a comment for an address or a
// request as JSON. They are decoded on every core, which of many takes the time.
func (l *List) lines(name string, text []byte) {
	n := 0
	l.Entries = slices.Grow(l.Entries, bytes.Count(text, []byte{'\n'})+1)
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		l.Entries = append(l.Entries, Entry{Where: fmt.Sprintf("%s:%d", name, n), Original: line})
	}
	var decoding sync.WaitGroup
	for part := range slices.Chunk(l.Entries, len(l.Entries)/runtime.GOMAXPROCS(0)+1) {
		decoding.Go(func() {
			for i := range part {
				part[i].Request, part[i].Err = Line(part[i].Original)
			}
		})
	}
	decoding.Wait()
}

// Line reads one line: an address, perhaps in angle brackets, or a request as
// JSON. Whether the request may be is its Validate's to say.
func Line(line []byte) (job.Request, error) {
	var r job.Request
	if err := notText(line); err != nil {
		return r, err
	}
	if len(line) > job.MaxRequestBytes {
		return r, fault.New(fault.Invalid, "has %d bytes, more than %d", len(line), job.MaxRequestBytes)
	}
	if line[0] != '{' {
		r.URL = strings.TrimSpace(string(line))
		if inner, ok := strings.CutPrefix(r.URL, "<"); ok && strings.HasSuffix(inner, ">") {
			r.URL = strings.TrimSuffix(inner, ">")
		}
		return r, nil
	}
	err := json.Unmarshal(line, &r)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return r, fault.New(fault.Invalid, "%s is a JSON %s and must be a %s; numbers are written in quotes", wrong.Field, wrong.Value, wrong.Type)
	} else if err != nil {
		return r, fault.New(fault.Invalid, "not JSON: %v", err)
	}
	return r, nil
}
