package notice

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	text "text/template"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

//go:embed words.tmpl
var bundled string

//go:embed notice.html
var layout string

//go:embed notice.css
var stylesheet string

// Languages are those that a notice can be in.
var Languages = []string{"ko", "en"}

// blocks are what a template file may say in its own words, for each language.
var blocks = []string{"subject", "opening", "closing"}

// maxBlock bounds what a block comes to, in bytes.
const maxBlock = 64 << 10

// Writer writes notices. It is safe for concurrent use.
type Writer struct {
	words *text.Template
	page  *template.Template
	zone  *time.Location
}

// Said is what a template file can speak of. All of it is text of one line.
type Said struct {
	ID, URL, Title, Seller string
	Findings, Days         int
	Deadline, Captured     string // as the language writes a day, and a day with its time
	Today                  string
}

// New returns a writer with the words of a template file, or with the bundled ones
// where own is empty. A template file has blocks such as
// {{define "ko.opening"}}…{{end}}; those that it leaves out are the bundled ones. It is
// tried at once: its errors are fault.Invalid. Days are said as they are in zone.
func New(own string, zone *time.Location) (*Writer, error) {
	w := &Writer{words: text.Must(text.New("bundled").Parse(bundled)), page: template.Must(template.New("notice").Parse(layout)), zone: zone}
	if strings.TrimSpace(own) == "" {
		return w, nil
	}
	file, err := text.New("file").Parse(own)
	if err != nil {
		return nil, fault.New(fault.Invalid, "notice template: %v", err)
	}
	found := false
	for _, t := range file.Templates() {
		if t.Name() == "file" {
			if strings.TrimSpace(t.Root.String()) != "" {
				return nil, fault.New(fault.Invalid, "notice template: text stands outside of a block; write it between {{define \"ko.opening\"}} and {{end}}")
			}
			continue
		}
		language, block, _ := strings.Cut(t.Name(), ".")
		if !slices.Contains(Languages, language) || !slices.Contains(blocks, block) {
			return nil, fault.New(fault.Invalid, "notice template: there is no block %q; want ko. or en. and one of %s", t.Name(), strings.Join(blocks, ", "))
		}
		if _, err := w.words.AddParseTree(t.Name(), t.Tree); err != nil {
			return nil, fault.New(fault.Invalid, "notice template: %v", err)
		}
		found = true
		if _, err := w.block(t.Name(), Said{Days: 7, Findings: 1}); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fault.New(fault.Invalid, "notice template: it has no block such as {{define \"ko.opening\"}}")
	}
	return w, nil
}

// block says a block.
func (w *Writer) block(name string, said Said) (string, error) {
	out := &bounded{}
	if err := w.words.ExecuteTemplate(out, name, said); err != nil {
		return "", fault.New(fault.Invalid, "notice template: %v", err)
	}
	return strings.TrimSpace(out.String()), nil
}

// bounded is a buffer that no template fills without end.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxBlock {
		return 0, fmt.Errorf("a block comes to more than %d bytes", maxBlock)
	}
	return b.Buffer.Write(p)
}

// view is a notice in words.
type view struct {
	Notice
	Language         string
	Subject          string
	Opening, Closing []string // paragraphs
	Labels           labels
	Deadline         string
	Policy           string
	Style            template.CSS
}

// labels are the words beside what a notice tells.
type labels struct {
	Page, Address, Number, Captured, Deadline, Quote, Why, Law, Instead, Where, More string
	Ask                                                                              map[result.Kind]string
}

var labelsOf = map[string]labels{
	"ko": {
		Page: "상품 페이지", Address: "주소", Number: "접수 번호", Captured: "확인한 때", Deadline: "수정 기한", Quote: "문제가 된 표현", Why: "사유", Law: "관련 법령", Instead: "대신 쓸 수 있는 표현", Where: "위치",
		More: "이 밖에 %d건이 더 있습니다.",
		Ask: map[result.Kind]string{
			"": "이 표현을 고치거나 지워 주십시오.", result.Forbidden: "이 표현은 쓸 수 없습니다. 고치거나 지워 주십시오.", result.Proof: "근거 자료를 제출하시거나, 이 표현을 고치거나 지워 주십시오.",
			result.Required: "반드시 표시해야 하는 내용이 없습니다. 페이지에 넣어 주십시오.", result.Policy: "마켓플레이스 정책에 맞지 않습니다. 고치거나 지워 주십시오.",
		},
	},
	"en": {
		Page: "Product page", Address: "Address", Number: "Reference", Captured: "Seen", Deadline: "Change it by", Quote: "What the page says", Why: "Why", Law: "Law", Instead: "Say instead", Where: "Where",
		More: "There are %d more.",
		Ask: map[result.Kind]string{
			"": "Please change or remove this.", result.Forbidden: "This may not be said. Please change or remove it.", result.Proof: "Please send proof of this, or change or remove it.",
			result.Required: "This must be said and is missing. Please add it to the page.", result.Policy: "This is against the marketplace's terms. Please change or remove it.",
		},
	},
}

// day writes a day as the language does.
func day(language string, t time.Time) string {
	if language == "ko" {
		return t.Format("2006년 1월 2일")
	}
	return t.Format("2 January 2006")
}

func (w *Writer) view(n Notice, language string, now time.Time, days int) (view, error) {
	v := view{Notice: n, Language: language, Labels: labelsOf[language]}
	switch {
	case !slices.Contains(Languages, language):
		return v, fault.New(fault.Invalid, "lang: there is no notice in %q; want %s", language, strings.Join(Languages, " or "))
	case days < 1 || days > MaxDays:
		return v, fault.New(fault.Invalid, "days: %d is no time to give; want 1 to %d", days, MaxDays)
	}
	now = now.In(w.zone)
	v.Deadline = day(language, now.AddDate(0, 0, days))
	said := Said{ID: n.ID, URL: n.URL, Title: n.Title, Seller: n.Seller, Findings: len(n.Items) + n.More, Days: days, Deadline: v.Deadline, Today: day(language, now)}
	if !n.Captured.IsZero() {
		seen := n.Captured.In(w.zone)
		said.Captured = day(language, seen) + seen.Format(" 15:04 MST")
	}
	var err error
	if v.Subject, err = w.block(language+".subject", said); err != nil {
		return v, err
	}
	v.Subject = line(v.Subject)
	for block, to := range map[string]*[]string{"opening": &v.Opening, "closing": &v.Closing} {
		all, err := w.block(language+"."+block, said)
		if err != nil {
			return v, err
		}
		for _, p := range strings.Split(all, "\n\n") {
			if p = strings.TrimSpace(p); p != "" {
				*to = append(*to, p)
			}
		}
	}
	return v, nil
}

// Text writes a notice as plain text: subject, an empty line, and the letter. Its
// errors are fault.Invalid where language or days are none.
func (w *Writer) Text(to io.Writer, n Notice, language string, now time.Time, days int) error {
	v, err := w.view(n, language, now, days)
	if err != nil {
		return err
	}
	var b strings.Builder
	put := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "   %s: %s\n", label, value)
		}
	}
	fmt.Fprintf(&b, "%s\n\n%s\n\n", v.Subject, strings.Join(v.Opening, "\n\n"))
	l := v.Labels
	fmt.Fprintf(&b, "%s: %s\n%s: %s\n%s: %s\n%s: %s\n\n", l.Page, v.Title, l.Address, v.URL, l.Number, v.ID, l.Deadline, v.Deadline)
	for _, item := range v.Items {
		fmt.Fprintf(&b, "%d. %s\n", item.N, v.Ask(item))
		put(l.Quote, quoted(item.Quote))
		put(l.Why, item.Message)
		put(l.Law, item.Law)
		put(l.Instead, strings.Join(item.Suggest, " / "))
		put(l.Where, v.Where(item))
		b.WriteByte('\n')
	}
	if v.More > 0 {
		fmt.Fprintf(&b, l.More+"\n\n", v.More)
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(v.Closing, "\n\n"))
	_, err = io.WriteString(to, b.String())
	return fault.Wrap(fault.Internal, err, "write the notice")
}

// HTML writes a notice as a page of A4 that loads nothing.
func (w *Writer) HTML(to io.Writer, n Notice, language string, now time.Time, days int) error {
	v, err := w.view(n, language, now, days)
	if err != nil {
		return err
	}
	v.Style = template.CSS(stylesheet) //nolint:gosec // our own
	v.Policy = Policy()
	return fault.Wrap(fault.Internal, w.page.Execute(to, v), "write the notice")
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "“" + s + "”"
}

// Ask is what the seller is asked to do about an item.
func (v view) Ask(item Item) string {
	if ask := v.Labels.Ask[item.Kind]; ask != "" {
		return ask
	}
	return v.Labels.Ask[""]
}

// Where is where an item stands on the page.
func (v view) Where(item Item) string {
	var all []string
	for _, y := range item.Places[:min(len(item.Places), 10)] {
		all = append(all, fmt.Sprintf("%d px", y))
	}
	if len(item.Places) > 10 {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// MoreText says how many findings are not told.
func (v view) MoreText() string { return fmt.Sprintf(v.Labels.More, v.More) }
