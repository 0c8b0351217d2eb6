package list

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// row is one of a table.
type row struct {
	where    string
	original []byte
	cells    []string
	err      error
}

func (r row) empty() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return r.err == nil
}

// isURL says whether a cell holds an address, right or wrong.
func isURL(cell string) bool {
	c := strings.ToLower(strings.TrimSpace(cell))
	return strings.HasPrefix(c, "http://") || strings.HasPrefix(c, "https://")
}

// sampled is how many lines are looked at to tell what a list is.
const sampled = 200

// delimiter tells by the first lines what stands between the cells of a table,
// or 0 for a list whose lines are addresses or JSON. A comma or semicolon may
// belong to an address too: where that cannot be told, the user is asked.
func delimiter(name string, text []byte, columns bool) (rune, error) {
	var sample []string
	for line := range strings.Lines(string(text[:min(len(text), 1<<20)])) {
		if line = strings.TrimSpace(line); line != "" && (line[0] != '#' || len(sample) > 0 || strings.ContainsAny(line, "\t,;")) {
			sample = append(sample, line)
		}
		if len(sample) == sampled {
			break
		}
	}
	if len(sample) == 0 {
		return 0, nil
	}
	first := sample[0]
	if sep, ok := strings.CutPrefix(first, "sep="); ok && len(sep) == 1 { // what Excel itself obeys
		return rune(sep[0]), nil
	}
	if strings.HasPrefix(first, "{") {
		return 0, nil
	}
	count := func(d rune) (n int) { // lines that have it
		for _, l := range sample {
			if strings.ContainsRune(l, d) && l[0] != '#' {
				n++
			}
		}
		return n
	}
	if count('\t') > 0 {
		return '\t', nil
	}
	best := ','
	if count(';') > count(',') || count(';') == count(',') && strings.Count(first, ";") > strings.Count(first, ",") {
		best = ';'
	}
	ext := strings.ToLower(path.Ext(name))
	if columns || ext == ".csv" || ext == ".tsv" {
		return best, nil
	}
	for _, d := range []rune{best, ',', ';'} {
		for _, cell := range split(first, d) {
			if _, known := urlNames[plainName(cell)]; known {
				return d, nil
			}
		}
	}
	return undeclared(sample, best)
}

// undeclared looks for a table without a header that is known, in what no name
// and no flag calls one.
func undeclared(sample []string, d rune) (rune, error) {
	unsure, addresses := 0, 0
	for i, l := range sample {
		if l[0] == '#' {
			continue
		}
		cells := split(l, d)
		switch {
		case strings.HasPrefix(l, `"`):
			return d, nil
		case !isURL(cells[0]):
			for _, c := range cells[1:] {
				if isURL(c) {
					return d, nil
				}
			}
			if i == 0 && len(cells) > 1 && len(sample) > 1 && isURL(split(sample[1], d)[0]) {
				return d, nil // a header of other names
			}
		default:
			addresses++
			rest := l[len(cells[0]):]
			switch {
			case len(cells) == 1:
			case strings.ContainsAny(rest, "\" ") || strings.Trim(rest, string(d)) == "":
				return d, nil
			case !strings.ContainsAny(rest, "/=&?#%:"):
				unsure++
			}
		}
	}
	if unsure > 0 && unsure == addresses {
		return 0, fault.New(fault.Invalid, "after its address, each line has a %q and more; if that is a table, say --column url=1; if it belongs to the address, write <https://…> or {\"url\":\"https://…\"}", d)
	}
	return 0, nil
}

// split takes a line apart at d, as far as quotes do not join it.
func split(line string, d rune) []string {
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = d, true, -1
	if cells, err := r.Read(); err == nil {
		return cells
	}
	return strings.Split(line, string(d))
}

// table reads CSV. A record that cannot be read costs its first line alone.
func table(name string, text []byte, comma rune) []row {
	var rows []row
	n := 1
	if bytes.HasPrefix(text, []byte("sep=")) {
		_, text, _ = bytes.Cut(text, []byte("\n"))
		n++
	}
	for len(text) > 0 {
		rest, lines := records(name, text, comma, n, &rows)
		if len(rest) == 0 {
			break
		}
		// The line that could not be read, and then a new beginning.
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		n += lines
		rows = append(rows, broken(name, n, bytes.TrimSuffix(line, []byte("\r")), comma))
		text = after
		n++
	}
	return rows
}

// records reads records from line n on until one is broken, and returns where it
// begins and how many lines were read before it.
func records(name string, text []byte, comma rune, n int, rows *[]row) (rest []byte, lines int) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	for {
		at := r.InputOffset()
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, lines
		}
		// The reader passes over empty lines before a record.
		skipped := text[at:]
		begin := at + int64(len(skipped)-len(bytes.TrimLeft(skipped, "\r\n")))
		lines += bytes.Count(text[at:begin], []byte("\n"))
		if err != nil || swallows(cells, comma) {
			return text[begin:], lines
		}
		original := text[begin:r.InputOffset()]
		*rows = append(*rows, row{where: fmt.Sprintf("%s:%d", name, n+lines), original: bytes.TrimRight(original, "\r\n"), cells: cells})
		lines += bytes.Count(original, []byte("\n"))
	}
}

// swallows says whether a cell holds rows of the table itself, because a quote
// was opened and never closed.
func swallows(cells []string, comma rune) bool {
	for _, c := range cells {
		first := true
		for line := range strings.Lines(c) {
			if !first && strings.Count(line, string(comma)) >= max(len(cells)-1, 1) && strings.Contains(line, "://") {
				return true
			}
			first = false
		}
	}
	return false
}

// broken is a line that is no CSV by itself. A quote in the middle of a cell that
// began without one is only a quote: 27" monitor.
func broken(name string, n int, line []byte, comma rune) row {
	r := row{where: fmt.Sprintf("%s:%d", name, n), original: line}
	strict := csv.NewReader(bytes.NewReader(line))
	strict.Comma, strict.FieldsPerRecord = comma, -1
	_, err := strict.Read()
	if errors.Is(err, csv.ErrBareQuote) {
		lazy := csv.NewReader(bytes.NewReader(line))
		lazy.Comma, lazy.FieldsPerRecord, lazy.LazyQuotes = comma, -1, true
		if cells, err := lazy.Read(); err == nil {
			r.cells = cells
			return r
		}
	}
	r.err = fault.New(fault.Invalid, `a cell's quotes (") do not close on this line; close them, and write each quote inside of a quoted cell twice`)
	return r
}
