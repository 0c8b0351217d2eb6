package report

import (
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// TestCodes: a code is drawn where it stands and listed with what it says, as
// text: nobody is led to where it leads.
func TestCodes(t *testing.T) {
	r := sample()
	const says = "https://open.kakao.com/o/x\"><script>"
	r.Codes = []result.Code{{Text: says, Format: result.QR, Box: page.Box{X: 128, Y: 600, W: 256, H: 300}}}
	r.Lines = append(r.Lines, result.Line{Text: says, Box: r.Codes[0].Box, Source: result.InCode})
	r.Findings[0].Lines = []int{3}
	got := render(t, r, relative)
	for _, want := range []string{
		`#c0{left:10.00000%;top:10.00000%;width:20.00000%;height:5.00000%}`, `<span class="code" id="c0"`,
		`<a href="#c0">qr at 600 px</a> <bdi>https://open.kakao.com/o/x&#34;&gt;&lt;script&gt;</bdi>`, `>in a code</span>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report has no %s", want)
		}
	}
	if strings.Contains(got, `href="https://open.kakao`) || strings.Contains(got, "x\"><script>") {
		t.Error("the code is a link, or markup")
	}
}

// A picture that another page has, too, is named with that page's id, as text.
func TestPicturesThatOtherPagesHave(t *testing.T) {
	r := sample()
	r.Shown = []result.Shown{{Picture: "ab", Tile: 0, Page: "page-7\"><script>"}, {Tile: 99, Page: "none"}}
	got := render(t, r, relative)
	if want := `<a href="#t0">the picture at 0 px</a> on <bdi>page-7&#34;&gt;&lt;script&gt;</bdi>`; !strings.Contains(got, want) || strings.Contains(got, "none</bdi>") {
		t.Errorf("the report has no %s", want)
	}
}
