// Package index makes ten thousand results searchable: SQLite with full text (FTS5),
// in one file. The bucket is the truth; an index is made from it, catches up with
// it, and can be thrown away at any time.
package index

import (
	"context"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Index is safe for concurrent use: one writer, any number of readers.
type Index struct{}

// Open opens the index in a file, or makes it. One of another version, or that is
// broken, is made anew.
func Open(ctx context.Context, file string) (*Index, error) { panic("to be written") }

// Close closes it.
func (x *Index) Close() error { panic("to be written") }

// Progress is told how far catching up is. Total is 0 while it is not known.
type Progress struct {
	Done, Total int
	Broken      []string // what could not be read: id and reason, the first 100
	Current     bool     // it has caught up since it was opened
	At          time.Time
}

// CatchUp brings the index to what the bucket and the ledger hold: new and changed
// results, those that are gone, decisions. It tells progress (which may be nil) as it
// goes. A result that cannot be read is told and ends nothing.
func (x *Index) CatchUp(ctx context.Context, from *pages.Source, decisions *ledger.Ledger, progress func(Progress)) error {
	panic("to be written")
}

// Put takes one result that just came, by the results topic or by a decision's desk.
func (x *Index) Put(ctx context.Context, r result.Result, ref pages.Ref) error {
	panic("to be written")
}

// Decided takes a decision that was just made: the page's standing, or that of all
// pages that show the picture, is made anew at once.
func (x *Index) Decided(ctx context.Context, d ...decision.Decision) error { panic("to be written") }

// Query chooses pages. An empty field chooses all; of several words in one field,
// any will do. The words of one filter are told by Facets.
type Query struct {
	Verdicts   []string // pass, review, reject
	States     []string // open, escalated, confirmed, dismissed, none
	Rules      []string // ids, in which * stands for anything: cosmetics.*
	Severities []string // high, review, info
	Kinds      []string // forbidden, proof, required, policy
	Sources    []string // picture, both, html, code: where a finding stands
	Categories []string
	Hosts      []string
	Labels     []string // NAME=VALUE, or NAME for any value; all of them
	Unseen     []string // kinds of what was not seen; "any" for each
	By         []string // who decided last
	Since      time.Time
	Until      time.Time
	Text       string // all that was read; words and Korean syllables, with or without spaces
	Picture    string // SHA-256: pages that show it
	Changed    bool   // only pages that changed after they were decided
	// Sort is worst (open before decided, changed first, then severity, then oldest; the default), newest, oldest,
	// title, host, findings.
	Sort string
	// After continues behind the last row of a former answer: its Next.
	After string
	Limit int // rows; 0: 50; at most 500
}

// Validate says which of the words is none, for the reviewer who typed it.
func (q Query) Validate() error { panic("to be written") }

// Row is a page in the list.
type Row struct {
	ID, URL, FinalURL, Host, Title, Category string
	Labels                                   map[string]string
	Verdict                                  result.Verdict
	State                                    decision.State
	Captured, Recognized                     time.Time
	Version                                  int64
	Findings, Open                           int      // that count for the verdict, and of them undecided
	FindingsAll                              int      // reports and infos too
	Worst                                    *Finding // the worst that is open, or else the worst; nil: none
	Unseen                                   []string // kinds
	Indecent                                 bool     // SafeSearch thinks adult or racy likely, or a rule of the decency pack met
	Changed                                  bool     // it was decided, and says something else now
	DecidedBy                                string
	DecidedAt                                time.Time
	Last                                     int // number of the latest decision, for Ledger.Decide
	Units                                    int // Vision's
	Recall                                   float64
	RecallRunes                              int
}

// Finding is one finding of a row, with where its crop is.
type Finding struct {
	N                    int // index into the result's findings
	Rule, Quote, Message string
	Severity             result.Severity
	Source               result.Source
	Box                  page.Box
	Tile                 int // index of a tile that has all of the box, or most; -1: it has no place
}

// List is an answer.
type List struct {
	Rows  []Row
	Total int    // pages that the query chooses, this answer's and all others
	Next  string // for Query.After; "" at the end
}

// Pages answers a query.
func (x *Index) Pages(ctx context.Context, q Query) (List, error) { panic("to be written") }

// IDs are all pages that a query chooses, in its order, for bulk work and exports.
func (x *Index) IDs(ctx context.Context, q Query) ([]string, error) { panic("to be written") }

// Row is one page's row; false where there is none.
func (x *Index) Row(ctx context.Context, id string) (Row, bool, error) { panic("to be written") }

// Showing are the ids of the pages that show a picture (a tile's SHA-256).
func (x *Index) Showing(ctx context.Context, picture string) ([]string, error) {
	panic("to be written")
}

// Facet is one word of a filter with the pages it would choose beside the other filters.
type Facet struct {
	Word  string
	Pages int
}

// Facets are the words of each filter, by the Query's field in lower case (verdicts,
// states, rules, severities, kinds, sources, categories, hosts, labels, unseen, by), the most frequent first, at
// most 200 each.
func (x *Index) Facets(ctx context.Context, q Query) (map[string][]Facet, error) {
	panic("to be written")
}

// Version changes whenever anything that a list shows may have changed.
func (x *Index) Version() int64 { panic("to be written") }
