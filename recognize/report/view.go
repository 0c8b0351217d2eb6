package report

import (
	"fmt"
	"html/template"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// view is what the template reads.
type view struct {
	Result     result.Result
	Title      string
	Links      []link
	Captured   stamp
	Recognized stamp
	Size       string
	Scale      string
	Tiles      []tileView
	Findings   []findingView
	Lines      []lineView
	Unseen     []unseenView
	Shown      []shownView
	Codes      []codeView
	Data       []lineData
	Severities []severityCount
	// Counted are the findings of enforced rules, High and Review, which make the verdict.
	Counted    int
	Recall     string // share of the page's own text that was read
	InPictures int    // lines that stand in pictures only
	Policy     string
	Whole      *wholeView // nil: the report is not in one file

	Style, Geometry template.CSS
	Script          template.JS
}

type stamp struct{ Machine, Human string }

type link struct {
	Label, Text string
	Href        string // "" when the address is not one to follow
}

type tileView struct {
	ID, Object    string
	Src           template.URL // "" when there is no picture to be shown
	Width, Height int
	Label         string
	origins       []string
}

type findingView struct {
	result.Finding
	N         int
	ID        string // of its first box, "" when it stands nowhere
	Boxes     []boxView
	Where     string
	InPicture bool         // nothing of it stands in the page's HTML
	InHTML    bool         // it stands in the page's HTML, and was not read in the picture
	InCode    bool         // it stands in a QR code or barcode
	Crop      template.URL // of a report in one file
	Decided   *decidedView // likewise
}

// unseenView is a part of the page that was not seen or not read.
type unseenView struct {
	page.Unseen
	ID    string // of its mark on the page, "" when it has no place there
	Title string
}

// unseenTitles say what sort of part is missing, for a reviewer.
var unseenTitles = map[page.UnseenKind]string{
	page.Clipped: "Cut off", page.Beyond: "Beyond the picture", page.Vanished: "Gone when drawn", page.Covered: "Covered",
	page.Failed: "Did not come", page.Loading: "Not there in time", page.Unread: "Not surely read",
}

type boxView struct {
	ID    string
	First bool
	box   page.Box
}

type lineView struct {
	Text       string
	Percent    int
	Doubtful   bool
	NewBlock   bool
	FindingNrs []int
}

// shownView is a picture that another page has, too.
type shownView struct{ Page, ID, Where string }

// maxShown is how many of them are listed; result.json has all.
const maxShown = 20

// codeView is a QR code or barcode. Its address is text, and never a link: it
// leads where the page's seller wants.
type codeView struct {
	result.Code
	ID, Where string
}

// lineData is a line for the script: text, x, y, width, height.
type lineData [5]any

type severityCount struct {
	Severity result.Severity
	N        int
}

// doubtful is the confidence below which an engine's reading is more often wrong than right.
const doubtful = 0.6

func newView(r result.Result, tileURL func(string) string) *view {
	v := &view{
		Result:     r,
		Title:      r.Title,
		Captured:   stampOf(r.CapturedAt),
		Recognized: stampOf(r.RecognizedAt),
		Size:       count(r.Page.Width) + " × " + count(r.Page.Height) + " px",
		Scale:      strconv.FormatFloat(r.Page.Scale, 'f', -1, 64) + "×",
		Recall:     strconv.FormatFloat(finite(r.Quality.DOMRecall)*100, 'f', 1, 64) + "%",
		Data:       []lineData{}, // an empty list, not null, for the script
	}
	if strings.TrimSpace(v.Title) == "" {
		v.Title = "Untitled page"
	}
	v.Links = append(v.Links, linkOf("URL", r.URL))
	if r.FinalURL != "" && r.FinalURL != r.URL {
		v.Links = append(v.Links, linkOf("Led to", r.FinalURL))
	}
	for i, t := range r.Tiles {
		src, origins := imageSource(tileURL(t.Object))
		label := fmt.Sprintf("The page from %s to %s px", count(t.Y), count(t.Bottom()))
		if t.Extra != "" {
			label = t.Extra
		}
		v.Tiles = append(v.Tiles, tileView{
			ID: "t" + strconv.Itoa(i), Src: template.URL(src), Object: t.Object, Width: t.Width, Height: t.Height, Label: label, origins: origins,
		})
	}
	for _, s := range r.Shown {
		if s.Tile >= 0 && s.Tile < len(r.Tiles) && len(v.Shown) < maxShown {
			v.Shown = append(v.Shown, shownView{s.Page, "t" + strconv.Itoa(s.Tile), "at " + count(r.Tiles[s.Tile].Y) + " px"})
		}
	}
	for i, c := range r.Codes {
		v.Codes = append(v.Codes, codeView{c, "c" + strconv.Itoa(i), "at " + count(int(finite(c.Box.Y))) + " px"})
	}
	v.addFindings(r)
	v.addUnseen(r)
	for i, l := range r.Lines {
		if l.Source == result.InPicture {
			v.InPictures++
		}
		v.Data = append(v.Data, lineData{l.Text, finite(l.Box.X), finite(l.Box.Y), finite(l.Box.W), finite(l.Box.H)})
		v.Lines = append(v.Lines, lineView{
			Text: l.Text, Percent: int(math.Round(finite(l.Confidence) * 100)), Doubtful: l.Confidence < doubtful,
			NewBlock: i > 0 && l.Block != r.Lines[i-1].Block,
		})
	}
	for _, f := range v.Findings {
		for _, i := range f.Finding.Lines {
			if i >= 0 && i < len(v.Lines) {
				v.Lines[i].FindingNrs = append(v.Lines[i].FindingNrs, f.N)
			}
		}
	}
	return v
}

func (v *view) addFindings(r result.Result) {
	found := map[result.Severity]int{}
	for i, f := range r.Findings {
		fv := findingView{Finding: f, N: i + 1, Where: "missing from the page"}
		boxes := f.Boxes
		if len(boxes) == 0 && !f.Box.Empty() {
			boxes = []page.Box{f.Box}
		}
		for j, b := range boxes {
			id := "f" + strconv.Itoa(fv.N)
			if j > 0 {
				id += "-" + strconv.Itoa(j)
			}
			fv.Boxes = append(fv.Boxes, boxView{ID: id, First: j == 0, box: b})
		}
		if len(boxes) > 0 {
			fv.ID, fv.Where = fv.Boxes[0].ID, "at "+count(int(finite(boxes[0].Y)))+" px"
		}
		fv.InHTML = f.Source == result.InHTML
		fv.InCode = slices.ContainsFunc(f.Lines, func(n int) bool { return n >= 0 && n < len(r.Lines) && r.Lines[n].Source == result.InCode })
		fv.InPicture = len(f.Lines) > 0 && !slices.ContainsFunc(f.Lines, func(n int) bool {
			return n < 0 || n >= len(r.Lines) || r.Lines[n].Source != result.InPicture
		})
		v.Findings = append(v.Findings, fv)
		found[f.Severity]++
		if f.Mode == result.Enforce && f.Severity != result.Info {
			v.Counted++
		}
	}
	for _, s := range []result.Severity{result.High, result.ReviewSeverity, result.Info} {
		v.Severities = append(v.Severities, severityCount{s, found[s]})
	}
}

// addUnseen marks the parts that were not seen where they lie on the page.
func (v *view) addUnseen(r result.Result) {
	for i, u := range r.Unseen {
		u.Box = u.Box.Clip(float64(r.Page.Width), float64(r.Page.Height))
		seen := unseenView{Unseen: u, Title: unseenTitles[u.Kind]}
		if seen.Title == "" {
			seen.Title = "Not seen"
		}
		if !u.Box.Empty() && len(r.Tiles) > 0 {
			seen.ID = "u" + strconv.Itoa(i+1)
		}
		v.Unseen = append(v.Unseen, seen)
	}
}

// geometry is the style that puts tiles, boxes and marks in their places, in
// parts of the page, so that everything stays in place at any width. It has
// numbers of ours only, and is therefore safe to mark as CSS.
func (v *view) geometry(r result.Result) string {
	width, height := float64(max(r.Page.Width, 1)), float64(max(r.Page.Height, 1))
	part := func(f, of float64) string { return strconv.FormatFloat(finite(f)/of*100, 'f', 5, 64) + "%" }
	var b strings.Builder
	fmt.Fprintf(&b, ".page{--w:%.0fpx;aspect-ratio:%.0f/%.0f}", width, width, height)
	place := func(id string, at page.Box) {
		fmt.Fprintf(&b, "#%s{left:%s;top:%s;width:%s;height:%s}", id, part(at.X, width), part(at.Y, height), part(at.W, width), part(at.H, height))
	}
	for i, t := range r.Tiles {
		place(v.Tiles[i].ID, page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)})
	}
	for _, u := range v.Unseen {
		if u.ID != "" {
			place(u.ID, u.Box)
		}
	}
	for _, c := range v.Codes {
		place(c.ID, c.Box)
	}
	for _, f := range v.Findings {
		for _, box := range f.Boxes {
			place(box.ID, box.box)
		}
		if f.ID != "" {
			fmt.Fprintf(&b, "#m%d{top:%s}", f.N, part(f.Boxes[0].box.MiddleY(), height))
		}
	}
	return b.String()
}

// imageSource passes the addresses an image may have and the origins that the
// policy must allow for it; "" for any other address.
func imageSource(address string) (src string, origins []string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || address == "":
		return "", nil
	case u.Scheme == "" && u.Host == "" && u.Opaque == "":
		// 'self' does not match a report opened from disk in every browser.
		return address, []string{"'self'", "file:"}
	case (u.Scheme == "https" || u.Scheme == "http") && plainHost(u.Host):
		origins = []string{u.Scheme + "://" + u.Host}
		if u.Host == "storage.cloud.google.com" {
			// It signs the reviewer in and then sends the browser to the content's own host.
			origins = append(origins, "https://*.googleusercontent.com")
		}
		return address, origins
	}
	return "", nil
}

// plainHost keeps out of the policy whatever could end or extend a source in it.
func plainHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c))
	})
}

// linkOf makes a link that may be followed of an http or https address only.
func linkOf(label, address string) link {
	l := link{Label: label, Text: address}
	if u, err := url.Parse(address); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		l.Href = address
	}
	return l
}

func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return stamp{Human: "unknown"}
	}
	t = t.UTC()
	return stamp{t.Format(time.RFC3339), t.Format("2006-01-02 15:04:05 UTC")}
}

// count writes a whole number with commas: 32,119.
func count(n int) string {
	s := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// finite makes 0 of what JSON and CSS cannot say.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
