// Package result is what Pageinspect says about a page: its text with
// positions, the findings, and the verdict. It is the contract with reviewers
// and with the systems that consume the results topic.
package result

import (
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// Schema names the contract in every result.
const Schema = "pageinspect.result/v1"

// Verdict is what the findings add up to.
type Verdict string

// The verdicts, from best to worst.
const (
	Pass   Verdict = "pass"
	Review Verdict = "review"
	Reject Verdict = "reject"
)

// Severity is how much a finding matters.
type Severity string

// The severities. High rejects a page, ReviewSeverity sends it to a person, Info only tells.
const (
	High           Severity = "high"
	ReviewSeverity Severity = "review"
	Info           Severity = "info"
)

// Mode is what a rule's findings may do: Enforce counts for the verdict, Report is only listed.
type Mode string

// The modes of a rule.
const (
	Off     Mode = "off"
	Report  Mode = "report"
	Enforce Mode = "enforce"
)

// Match says how the text met the rule.
type Match string

// The ways to match, from strictest to loosest.
const (
	Exact   Match = "exact"   // as read (NFKC)
	Spacing Match = "spacing" // once the spaces that OCR put in or left out are ignored
	Fuzzy   Match = "fuzzy"   // within the jamo distance that the rule allows
)

// Word is recognized text between two breaks, in page coordinates.
type Word struct {
	Text       string   `json:"text"`
	Box        page.Box `json:"box"`
	Confidence float64  `json:"confidence"` // 0 to 1
	// Space says that white space follows the word on its line, as the engine
	// saw it (detectedBreak). Korean needs it kept and never trusted.
	Space bool `json:"space,omitempty"`
	// Polygon has the corners, clockwise from the text's own top left, of words
	// that do not lie level; Box is then the rectangle around them.
	Polygon []Point `json:"polygon,omitempty"`
}

// Point is a corner in page coordinates.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Line is words that a reader takes in one go.
type Line struct {
	Text       string   `json:"text"`
	Box        page.Box `json:"box"`
	Confidence float64  `json:"confidence"` // mean of its words', weighted by their length
	// Block numbers the block (paragraph, column, cell) the line belongs to, from 0, in reading order.
	Block  int    `json:"block"`
	Source Source `json:"source,omitempty"` // only where the page's DOM text is known
	Words  []Word `json:"words"`
	// Polygon has the corners, as a word's has, of a line that does not lie level.
	Polygon []Point `json:"polygon,omitempty"`
}

// Source says where a line's text stands.
type Source string

// The sources of a line.
const (
	InPicture Source = "picture" // in a picture only: no search of the HTML finds it
	InBoth    Source = "both"    // in the page's HTML too
	InHTML    Source = "html"    // in the page's HTML, and not read in its pictures
	InCode    Source = "code"    // in a QR code or barcode: nobody reads it with their eyes
)

// Code is a QR code or a barcode in a tile's picture.
type Code struct {
	Text   string     `json:"text"` // what it says, at most page.MaxCodeBytes; often an address
	Format CodeFormat `json:"format"`
	Box    page.Box   `json:"box"`
	Tile   int        `json:"tile"` // index into Result.Tiles
}

// Shown is a picture of the page that another page showed before. A decision on
// the picture may count for both.
type Shown struct {
	Picture string `json:"picture"` // the picture's id: its SHA-256, in hex, which its tile has on every page
	Tile    int    `json:"tile"`    // index into Result.Tiles
	Page    string `json:"page"`    // id of the page that it was read for
}

// CodeFormat is the symbology of a code.
type CodeFormat string

// The formats that are read.
const (
	QR      CodeFormat = "qr"
	EAN13   CodeFormat = "ean-13" // and UPC-A, which is an EAN-13 that begins with 0
	EAN8    CodeFormat = "ean-8"
	Code128 CodeFormat = "code-128"
)

// Finding is one place where a rule was broken.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Mode     Mode     `json:"mode"`
	Quote    string   `json:"quote"`           // the text as read, spaces and all
	Match    Match    `json:"match,omitempty"` // absent where what must be said is missing
	Box      page.Box `json:"box"`
	// Boxes has a box for each line that the quote stands on, so that a quote
	// that wraps is marked where it is and not across the whole paragraph.
	Boxes   []page.Box `json:"boxes,omitempty"`
	Lines   []int      `json:"lines"`            // indexes into Result.Lines
	Source  Source     `json:"source,omitempty"` // where it stands; absent where the page's own text is not known
	Message string     `json:"message"`
	Law     string     `json:"law,omitempty"` // in words
	Suggest []string   `json:"suggest,omitempty"`
	Pattern string     `json:"pattern,omitempty"` // what of the rule was met, as its pack has it
	// Evasion names what hid the words from a search and had to be undone: symbols, jamo,
	// initials, lookalike, keyboard, stretched, hanja, ocr or sound.
	Evasion string `json:"evasion,omitempty"`
	Kind    Kind   `json:"kind,omitempty"`
	Basis   *Basis `json:"basis,omitempty"` // the law by its parts, where the pack has them
}

// Kind says what sort of rule was broken.
type Kind string

// The kinds of rule.
const (
	Forbidden Kind = "forbidden" // may not be said
	Proof     Kind = "proof"     // may be said by who can prove it
	Required  Kind = "required"  // must be said
	Policy    Kind = "policy"    // is against a marketplace's terms, not the law
)

// Kinds lists the kinds.
var Kinds = []Kind{Forbidden, Proof, Required, Policy}

// Basis is a law by its parts, each as the law itself writes it: 제13조, 제1항, 제1호.
type Basis struct {
	Act       string `json:"act"`
	Article   string `json:"article,omitempty"`
	Paragraph string `json:"paragraph,omitempty"`
	Item      string `json:"item,omitempty"`
	Source    string `json:"source,omitempty"`  // the guideline or notice that spells it out, and whether it was verified
	Checked   string `json:"checked,omitempty"` // the day the rule was last held against it, as 2006-01-02
}

// String is the law in words: 화장품법 제13조 제1항 제1호.
func (b Basis) String() string {
	s := b.Act
	for _, part := range []string{b.Article, b.Paragraph, b.Item} {
		if part != "" {
			s += " " + part
		}
	}
	return s
}

// Scope says by which category a page was judged.
type Scope struct {
	Category string `json:"category,omitempty"` // the one that was taken; empty: none, only rules for every product
	Unknown  bool   `json:"unknown,omitempty"`  // the request has no category, or one that no rule knows
	Guessed  bool   `json:"guessed,omitempty"`  // the category is what the text speaks of
	// LeftOut counts, by pack, the rules in force that are for other categories.
	LeftOut map[string]int `json:"left_out,omitempty"`
}

// Page is what a result repeats of the manifest.
type Page struct {
	Width     int      `json:"width"`
	Height    int      `json:"height"`
	Scale     float64  `json:"scale"`
	Truncated bool     `json:"truncated"`
	Partial   string   `json:"partial,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Blocked   []string `json:"blocked,omitempty"`
}

// Vision is what recognition cost.
type Vision struct {
	Units    int `json:"units"`    // features billed: one feature on one image
	Images   int `json:"images"`   // images sent
	Requests int `json:"requests"` // calls made, retries included
	Reused   int `json:"reused"`   // tiles whose words were known already
}

// Quality is how far the reading can be trusted, where that can be told.
type Quality struct {
	// DOMRecall is the share, 0 to 1, of the letters and digits of the page's
	// own text (its DOM) that were also read where they stand. Spaces and
	// punctuation do not count.
	DOMRecall float64 `json:"dom_recall"`
	DOMRunes  int     `json:"dom_runes"` // how many letters and digits that is a share of
}

// Coverage is how the pictures were read.
type Coverage struct {
	Engine      string  `json:"engine,omitempty"`     // who read them: google-vision, or a stand-in
	Tiles       int     `json:"tiles"`                // how many pictures there are
	TilesUnread int     `json:"tiles_unread"`         // how many of them could not be read at all
	Confidence  float64 `json:"confidence,omitempty"` // mean of the words', weighted by their letters, 0 to 1
	// SmallestType is the height in CSS pixels of the smallest line that was read surely.
	SmallestType float64 `json:"smallest_type,omitempty"`
	// HTMLLines counts the lines of Result.HTML, which an event does not have.
	HTMLLines int `json:"html_lines,omitempty"`
}

// SafeSearch is what the engine made of one tile's picture: for each kind the
// likelihood as Vision names it, in lower case: unknown, very_unlikely,
// unlikely, possible, likely, very_likely.
type SafeSearch struct {
	Tile     int    `json:"tile"` // index into Result.Tiles
	Adult    string `json:"adult"`
	Racy     string `json:"racy"`
	Violence string `json:"violence"`
	Medical  string `json:"medical"`
	Spoof    string `json:"spoof"`
}

// Result is pageinspect.result/v1. On the results topic Text and Lines are
// left out and ResultObject says where they are.
type Result struct {
	Schema   string            `json:"schema"`
	ID       string            `json:"id"`
	URL      string            `json:"url"`
	FinalURL string            `json:"final_url"`
	Title    string            `json:"title"`
	Category string            `json:"category,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Page     Page              `json:"page"`
	Tiles    []page.Tile       `json:"tiles"`
	// Unseen lists the parts of the page that were not seen or not read. Any
	// makes the verdict at least review.
	Unseen   []page.Unseen `json:"unseen,omitempty"`
	Verdict  Verdict       `json:"verdict"`
	Findings []Finding     `json:"findings"`
	// FindingsTotal counts the findings where the event has only the worst of them.
	FindingsTotal int `json:"findings_total,omitempty"`
	// Omitted names the fields that the event leaves out besides lines and text,
	// because no message could hold them; result_object has them.
	Omitted      []string         `json:"omitted,omitempty"`
	Rules        []string         `json:"rules"`                 // packs applied, as name@hash
	Scope        Scope            `json:"scope,omitzero"`        // what was made of the category
	Packs        []string         `json:"packs,omitempty"`       // names of the packs that the request asked for; empty: all
	Shown        []Shown          `json:"shown,omitempty"`       // pictures that other pages have, too, from top to bottom
	Codes        []Code           `json:"codes,omitempty"`       // QR codes and barcodes, from top to bottom; each is a line, too
	SafeSearch   []SafeSearch     `json:"safe_search,omitempty"` // of each tile that was read, if it was asked for
	Quality      Quality          `json:"quality,omitzero"`      // only where the page has DOM text and it is known
	Coverage     Coverage         `json:"coverage,omitzero"`     // how the pictures were read
	Vision       Vision           `json:"vision"`
	TimingsMS    map[string]int64 `json:"timings_ms"`
	CapturedAt   time.Time        `json:"captured_at"`
	RecognizedAt time.Time        `json:"recognized_at"`
	// ReinspectedAt is when other rules were last applied to the same text, if ever.
	ReinspectedAt time.Time `json:"reinspected_at,omitzero"`
	ResultObject  string    `json:"result_object,omitempty"`
	ReportObject  string    `json:"report_object,omitempty"`
	Text          string    `json:"text,omitempty"`
	Lines         []Line    `json:"lines,omitempty"`
	// HTML has the blocks of the page's own text of which something was not read in
	// its pictures. The rules judge them too.
	HTML []Line `json:"html,omitempty"`
}
