package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// saying is a page that says lines, 50 px each, from a height on; a line that begins with !
// has a finding.
func saying(from int, texts ...string) result.Result {
	r := result.Result{Schema: result.Schema, ID: "p-1", Page: result.Page{Width: 800, Height: from + 50*len(texts) + 100, Scale: 1}}
	for i, text := range texts {
		box := page.Box{X: 100, Y: float64(from + 50*i), W: 400, H: 30}
		if strings.HasPrefix(text, "!") {
			r.Findings = append(r.Findings, result.Finding{Rule: "mine.claim", Severity: result.High, Mode: result.Enforce, Quote: text, Box: box, Boxes: []page.Box{box}, Lines: []int{i}})
		}
		r.Lines = append(r.Lines, result.Line{Text: text, Box: box})
	}
	return r
}

func TestCompareResults(t *testing.T) {
	old := saying(0, "상품명", "!여드름 치료", "보습력 10% 증가", "배송 안내", "!피부 재생", "교환 안내", "반품 안내")
	now := saying(500, "특가 배너", "상품명", "!여드름 치료", "보습력 20% 증가", "!주름 제거", "교환 안내", "반품 안내", "배송 안내")
	tile := func(sum string, y, h int) page.Tile { return page.Tile{SHA256: sum, Y: y, Width: 800, Height: h} }
	old.Tiles = []page.Tile{tile("a", 0, 100), tile("b", 100, 100), tile("s", 190, 20), tile("c", 200, 250)}
	old.Tiles[2].Seam = true
	now.Tiles = []page.Tile{tile("x", 0, 650), tile("b", 650, 100), tile("c", 750, 250)}
	c := compareResults(old, now)
	var got []string
	for _, ch := range c.Changes {
		got = append(got, fmt.Sprint(ch.What, " ", ch.Kind, " ", ch.Old, ch.New))
	}
	want := []string{
		"picture came [] [0]", "picture went [0] []", "text came [] [0]", "text changed [2 4] [3 4]", "finding went [1] []", "finding came [] [1]", "text moved [3] [7]",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("changes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Same != (sameCounts{Lines: 4, Findings: 1, Pictures: 2}) {
		t.Errorf("the same: %+v", c.Same)
	}
	for _, ch := range c.Changes {
		if ch.What == "text" && ch.Kind == "changed" && fmt.Sprint(ch.Parts[:3]) != "[{0 보습력 } {-1 1} {1 2}]" {
			t.Errorf("letters: %v", ch.Parts)
		}
	}
	for i := 1; i < len(c.Changes); i++ {
		if placeOf(c.Changes[i-1], old, now, c.Level) > placeOf(c.Changes[i], old, now, c.Level) {
			t.Errorf("change %d does not stand above the next", i-1)
		}
	}
	// The line below the banner stands beside itself.
	if !slices.Contains(c.Level, [2]float64{15, 565}) {
		t.Errorf("level are %v", c.Level)
	}
}

// A finding that went down with all its page is the same one, and so is one in a
// picture that moved.
func TestFindingsThatStay(t *testing.T) {
	old, now := saying(0, "a", "!치료", "b", "!치료", "c"), saying(3000, "new", "a", "!치료", "b", "!치료", "c")
	if c := compareResults(old, now); c.Same.Findings != 2 || len(c.Changes) != 1 {
		t.Errorf("%+v, %+v", c.Same, c.Changes)
	}
	// Without a line of text: SafeSearch's are of the tile.
	f := func(y float64) result.Finding {
		return result.Finding{Rule: "image.adult", Box: page.Box{Y: y, W: 800, H: 100}}
	}
	old, now = saying(0), saying(0)
	old.Tiles, now.Tiles = []page.Tile{{SHA256: "a", Y: 0, Width: 800, Height: 100}}, []page.Tile{{SHA256: "a", Y: 5000, Width: 800, Height: 100}}
	old.Findings, now.Findings = []result.Finding{f(0)}, []result.Finding{f(5000)}
	if c := compareResults(old, now); c.Same.Findings != 1 || len(c.Changes) != 0 {
		t.Errorf("%+v, %+v", c.Same, c.Changes)
	}
	// The same words elsewhere have moved.
	if c := compareResults(saying(0, "!치료", "a", "b", "c"), saying(0, "a", "b", "c", "!치료")); c.Same.Findings != 0 || len(c.Changes) != 2 || c.Changes[0].Kind != "moved" || c.Changes[1].Kind != "moved" {
		t.Errorf("%+v", c.Changes)
	}
}

// Each finding and each picture is said once.
func TestEachFindingAndPictureOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) result.Result {
			r := saying(rapid.IntRange(0, 2).Draw(t, name+" from")*40, rapid.SliceOf(rapid.SampledFrom(words("a b c !가 !나 !다"))).Draw(t, name)...)
			for i, sum := range rapid.SliceOf(rapid.SampledFrom(words("p q r s"))).Draw(t, name+" tiles") {
				r.Tiles = append(r.Tiles, page.Tile{SHA256: sum, Y: i * 100, Width: 800, Height: 100})
			}
			return r
		}
		old, now := draw("old"), draw("now")
		c := compareResults(old, now)
		for what, n := range map[string][3]int{"finding": {len(old.Findings), len(now.Findings), c.Same.Findings}, "picture": {len(old.Tiles), len(now.Tiles), c.Same.Pictures}} {
			seen := map[string]bool{}
			olds, news := n[2], n[2]
			for _, ch := range c.Changes {
				if ch.What != what {
					continue
				}
				olds, news = olds+len(ch.Old), news+len(ch.New)
				for _, key := range []string{fmt.Sprint("old", ch.Old), fmt.Sprint("new", ch.New)} {
					if seen[key] && !strings.HasSuffix(key, "[]") {
						t.Fatalf("%s %s twice: %+v", what, key, c.Changes)
					}
					seen[key] = true
				}
			}
			if olds != n[0] || news != n[1] {
				t.Fatalf("of %d and %d, %d and %d %ss are said: %+v", n[0], n[1], olds, news, what, c.Changes)
			}
		}
		for i := 1; i < len(c.Level); i++ {
			if c.Level[i][0] <= c.Level[i-1][0] || c.Level[i][1] <= c.Level[i-1][1] {
				t.Fatalf("%v do not rise", c.Level)
			}
		}
	})
}

// What is compared by default is what this reader saw when they decided, else what
// anybody saw, else what was kept last.
func TestWhatIsComparedByDefault(t *testing.T) {
	kept := []keptVersion{{Hash: "c"}, {Hash: "b"}, {Hash: "a"}}
	there := func(hash string) bool {
		return slices.ContainsFunc(kept, func(k keptVersion) bool { return k.Hash == hash })
	}
	by := func(who, saw string) decision.Decision {
		return decision.Decision{By: who, Shown: decision.Shown{Result: saw}}
	}
	for _, c := range []struct {
		name string
		all  []decision.Decision
		want string
	}{
		{"mine, though another's is later", []decision.Decision{by("kim", "a"), by("lee", "b")}, "a"},
		{"my last", []decision.Decision{by("kim", "a"), by("kim", "b"), by("lee", "c")}, "b"},
		{"another's", []decision.Decision{by("lee", "a"), by("lee", "b")}, "b"},
		{"mine is no longer kept", []decision.Decision{by("lee", "a"), by("kim", "gone")}, "a"},
		{"nobody's", nil, "c"},
	} {
		if got := lastSeen(c.all, "kim", there, kept); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestComparison(t *testing.T) {
	d := newDesk(t)
	old := saying(0, "상품명", "!여드름 치료")
	b, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := d.Ledger.Keep(t.Context(), "p-1", b)
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, saying(100, "배너", "상품명"))
	resp, body := d.get(t, "/p/p-1/compare.json?with="+hash)
	var c compared
	if err := json.Unmarshal(body, &c); err != nil || resp.StatusCode != 200 || len(c.Changes) != 3 || len(c.Old.Lines) != 2 || c.Old.Version != "" || c.New.Version == "" {
		t.Errorf("%s %v %s", resp.Status, err, body)
	}
	for path, want := range map[string]int{
		"/p/p-1/compare": 200, "/p/p-1/compare?with=" + hash: 200, "/p/p-1/compare?with=" + strings.Repeat("0", 64): 404,
		"/p/p-1/compare.json": 422, "/p/p-1/compare.json?with=" + strings.Repeat("0", 64): 404, "/p/nobody/compare": 404,
		"/p/p-1/kept/" + hash + "/data.json": 200,
	} {
		if resp, b := d.get(t, path); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d; %.300s", path, resp.Status, want, b)
		}
	}
	if _, page := d.get(t, "/p/p-1/compare"); !strings.Contains(string(page), `data-with="`+hash+`"`) {
		t.Error("what was kept is not compared by default")
	}
	// Of several that nobody decided on, the one that was kept last is compared.
	for i, text := range []string{"하나", "둘", "셋", "넷"} {
		b, err := json.Marshal(saying(i, text))
		if err != nil {
			t.Fatal(err)
		}
		if hash, err = d.Ledger.Keep(t.Context(), "p-1", b); err != nil {
			t.Fatal(err)
		}
		if _, page := d.get(t, "/p/p-1/compare"); !strings.Contains(string(page), `data-with="`+hash+`"`) {
			t.Errorf("version %d, kept last, is not compared", i)
		}
	}
}
