// Package export hands on what a reviewer chose: exactly the pages of a filter, in
// its order, as a table, as SARIF, or as what rules can learn from.
//
// # Its size
//
// Pages are read, written and forgotten one after the other; a hundred thousand take
// no more memory than a few hundred. Only the ids of all are held, and of the last
// two formats what was decided, without pictures.
package export

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/pageinspect/pageinspect/functions/desk/export/sheet"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Format is what an export is written as.
type Format string

// The formats.
const (
	CSV       Format = "csv"
	XLSX      Format = "xlsx"
	JSONL     Format = "jsonl"      // a row a line
	Parquet   Format = "parquet"    // zstd, in row groups
	SARIF     Format = "sarif"      // 2.1.0, a result a finding
	RuleTests Format = "rule-tests" // YAML: what was decided, as tests of the rules that were decided about
	Accuracy  Format = "accuracy"   // ZIP: labelled texts, and what was misread with its crops
)

// Formats lists the formats.
var Formats = []Format{CSV, XLSX, JSONL, Parquet, SARIF, RuleTests, Accuracy}

// names are what the formats' files are called and sent as.
var names = map[Format]struct{ ext, mediaType string }{
	CSV: {"csv", "text/csv; charset=utf-8"}, XLSX: {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, JSONL: {"jsonl", "application/jsonl"},
	Parquet: {"parquet", "application/vnd.apache.parquet"}, SARIF: {"sarif", "application/sarif+json"}, RuleTests: {"yaml", "application/yaml"}, Accuracy: {"zip", "application/zip"},
}

// Ext is the ending of a file of the format, without a dot.
func (f Format) Ext() string { return names[f].ext }

// MediaType is the media type of the format.
func (f Format) MediaType() string { return names[f].mediaType }

// Options say what is written.
type Options struct {
	Format   Format
	Findings bool // a row a finding, where a row is a page otherwise
	// Link is the address at which a page can be looked at; "" where there is none.
	Link func(id string) string
	Tool string // the version of pageinspect, for SARIF
}

// Validate says what cannot be asked for. Its errors are fault.Invalid.
func (o Options) Validate() error {
	if !slices.Contains(Formats, o.Format) {
		var all []string
		for _, f := range Formats {
			all = append(all, string(f))
		}
		return fault.New(fault.Invalid, "format: there is no %q; want %s", o.Format, strings.Join(all, ", "))
	}
	return nil
}

// Whole says whether results have to be read: rows of pages are made of the index alone.
func (o Options) Whole() bool {
	return o.Findings || o.Format == SARIF || o.Format == RuleTests || o.Format == Accuracy
}

// Page is a page to be written. Without Options.Whole, it has its Row alone.
type Page struct {
	Row       index.Row
	Result    result.Result
	Decisions []decision.Decision // on the page
	Standing  decision.Standing
	// Tile reads the picture of a tile, for Accuracy.
	Tile func(ctx context.Context, tile int) (data []byte, mediaType string, err error)
}

func (p Page) state(finding int) decision.State {
	if finding < len(p.Standing.Findings) {
		return p.Standing.Findings[finding]
	}
	return decision.Open
}

func (p Page) decided(finding int) *decision.Decision {
	if finding < len(p.Standing.By) {
		return p.Standing.By[finding]
	}
	return nil
}

// writer takes pages one after the other. It ends with close, or with drop.
type writer interface {
	page(ctx context.Context, p Page) error
	close() error
	drop()
}

// Write writes pages to w. Where it fails, what was written is no whole file, and w
// must not pass for one.
func Write(ctx context.Context, w io.Writer, o Options, all iter.Seq2[Page, error]) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if o.Link == nil {
		o.Link = func(string) string { return "" }
	}
	out, err := newWriter(w, o)
	if err != nil {
		return err
	}
	for p, err := range all {
		if err == nil {
			err = out.page(ctx, p)
		}
		if err != nil {
			out.drop()
			return err
		}
	}
	return out.close()
}

func newWriter(w io.Writer, o Options) (writer, error) {
	switch o.Format {
	case SARIF:
		return newSARIF(w, o)
	case RuleTests:
		return newRuleTests(w), nil
	case Accuracy:
		return newAccuracy(w), nil
	}
	if o.Findings {
		return newTable(w, o, func(p Page) []FindingRow { return findingRows(p, o.Link(p.Row.ID)) })
	}
	return newTable(w, o, func(p Page) []PageRow { return []PageRow{pageRow(p, o.Link(p.Row.ID))} })
}

// table writes rows of one type.
type table[T any] struct {
	rows  func(Page) []T
	put   func([]T) error
	end   func() error
	ended func()
}

func (t table[T]) page(_ context.Context, p Page) error { return t.put(t.rows(p)) }
func (t table[T]) close() error                         { return t.end() }
func (t table[T]) drop()                                { t.ended() }

// rowGroup is how many rows of Parquet are held until they are written.
const rowGroup = 5000

func newTable[T any](w io.Writer, o Options, rows func(Page) []T) (writer, error) {
	t := table[T]{rows: rows, ended: func() {}}
	switch o.Format {
	case JSONL:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		t.put = func(all []T) error {
			for _, row := range all {
				if err := e.Encode(row); err != nil {
					return err
				}
			}
			return nil
		}
		t.end = func() error { return nil }
	case Parquet:
		p, held := parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd)), 0
		t.put = func(all []T) error {
			if _, err := p.Write(all); err != nil {
				return err
			}
			if held += len(all); held < rowGroup {
				return nil
			}
			held = 0
			return p.Flush()
		}
		t.end = p.Close
	default:
		s, err := newSheet(w, o.Format)
		if err != nil {
			return nil, err
		}
		if err := s.Row(header[T]()...); err != nil {
			return nil, err
		}
		t.put = func(all []T) error {
			for _, row := range all {
				if err := s.Row(cells(row)...); err != nil {
					return err
				}
			}
			return nil
		}
		t.end, t.ended = s.Close, func() { s.Drop() } //nolint:errcheck // the error that dropped it is told
	}
	return t, nil
}

func newSheet(w io.Writer, f Format) (sheet.Writer, error) {
	if f == CSV {
		return sheet.NewCSV(w)
	}
	return sheet.NewXLSX(w, "pageinspect")
}

// FileName is a name for an export's file, of letters that every system takes.
func FileName(o Options, at time.Time) string {
	what := "pages"
	switch {
	case o.Format == RuleTests || o.Format == Accuracy:
		what = string(o.Format)
	case o.Findings || o.Format == SARIF:
		what = "findings"
	}
	return "pageinspect-" + what + "-" + at.UTC().Format("20060102-150405") + "." + o.Format.Ext()
}
