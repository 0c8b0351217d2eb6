// Package desktest makes results for the desk's tests, the same at every call:
// Korean pages of several sellers, shops and categories, with findings of bundled
// rules, with pictures that pages share, and with parts that were not seen.
package desktest

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// claims are texts with what the bundled rules find in them, in a category, or * for any.
//
//go:embed claims.json
var claimsJSON []byte

type claim struct {
	Category string           `json:"category"`
	Text     string           `json:"text"`
	Findings []result.Finding `json:"findings"`
}

var claims = func() (all []claim) {
	if err := json.Unmarshal(claimsJSON, &all); err != nil {
		panic(err) // it is embedded
	}
	return all
}()

// Start is when the first page was captured; each later one was a minute later.
var Start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

var (
	shops      = []string{"smart.shop.example", "m.brand.example", "www.market.example", "open.mall.example", "gift.shop.example"}
	categories = []string{"cosmetics", "food", "medical", "fashion", "electronics"}
	packs      = []string{"ads-kr@ba031e4d725a", "contact-kr@bf4fb6bd6a33", "cosmetics-kr@e06dca684df6", "decency-kr@a47e884090bb"}
	products   = []string{"수분 크림", "홍삼 진액", "허리 찜질기", "겨울 니트", "무선 이어폰", "선크림", "녹차 세트", "체온계", "면 양말", "보조 배터리"}
	things     = []string{"피부", "제품", "상품", "포장", "배송", "성분", "원료", "사용감", "디자인", "색상", "향", "용량", "소재", "마감", "고객", "후기", "가격", "구성", "선물", "계절"}
	does       = []string{"촉촉하게 감싸 줍니다", "부드럽게 발립니다", "오늘 출발합니다", "국내에서 만들었습니다", "꼼꼼하게 확인했습니다", "오래 사용할 수 있습니다", "가볍게 들 수 있습니다", "무료로 보내 드립니다", "그대로 담았습니다", "편하게 쓸 수 있습니다"}
	how        = []string{"매일", "처음부터", "정성껏", "언제나", "하루 한 번", "천천히", "넉넉하게", "골고루", "안전하게", "새롭게"}
	unseen     = []page.UnseenKind{page.Clipped, page.Beyond, page.Vanished, page.Covered, page.Failed, page.Loading, page.Unread}
)

// The layout: a line every lineHeight pixels of a page, a tile every tileHeight.
const (
	Width      = 860
	lineHeight = 60
	tileHeight = 780 // 13 lines
	perTile    = tileHeight / lineHeight
	glyph      = 26 // width of a Korean letter
	margin     = 40
)

// Lines is how many lines a page of Results has: about 850 letters.
const Lines = 3 * perTile

// Results are n results, of Lines lines each.
func Results(n int) []result.Result {
	all := make([]result.Result, n)
	for i := range all {
		all[i] = Result(i, Lines)
	}
	return all
}

// Result is the result number i, with the number of lines given.
func Result(i, lines int) result.Result {
	rnd := rand.New(rand.NewPCG(uint64(i), 42))
	shop := shops[rnd.IntN(len(shops))]
	category := categories[rnd.IntN(len(categories))]
	seller := rnd.IntN(12)
	at := Start.Add(time.Duration(i) * time.Minute)
	r := result.Result{
		Schema: result.Schema, ID: id(i), URL: fmt.Sprintf("https://%s/goods/%d?seller=%d", shop, 70000+i, seller),
		FinalURL: fmt.Sprintf("https://%s/goods/%d", shop, 70000+i), Title: fmt.Sprintf("%s %d호 | 판매자 %d", products[rnd.IntN(len(products))], i, seller),
		Category: category, Labels: map[string]string{"seller": fmt.Sprintf("s-%02d", seller), "batch": fmt.Sprintf("2026-11-%02d", 20+i%5)},
		Rules: packs, Scope: result.Scope{Category: category}, Coverage: result.Coverage{Engine: "google-vision", Confidence: 0.97},
		Vision: result.Vision{Units: 3, Images: 3, Requests: 1}, Quality: result.Quality{DOMRecall: 0.98, DOMRunes: 120},
		TimingsMS: map[string]int64{"annotate": 900, "merge": 4, "inspect": 3}, CapturedAt: at, RecognizedAt: at.Add(20 * time.Second),
		Findings: []result.Finding{},
	}
	p := layout{&r}
	said := claimsOf(rnd, category, lines)
	// The last picture is the seller's own, on all of their pages: it says the same there.
	last := (lines - 1) / perTile
	own := rand.New(rand.NewPCG(uint64(seller), 7))
	for n := range lines {
		switch c, ok := said[n]; {
		case n/perTile == last && n%perTile == 1 && seller%4 == 1:
			p.say(n, claims[len(claims)-1-seller%3])
		case n/perTile == last:
			p.line(n, sentence(own))
		case ok:
			p.say(n, c)
		default:
			p.line(n, sentence(rnd))
		}
	}
	p.tiles(lines, func(n int) string {
		if n == last {
			return fmt.Sprintf("picture of seller %d", seller)
		}
		return fmt.Sprintf("picture %d of %d", n, i)
	})
	if rnd.IntN(6) == 0 {
		k := unseen[rnd.IntN(len(unseen))]
		r.Unseen = []page.Unseen{{Kind: k, Box: page.Box{X: 40, Y: 200, W: 300, H: 120}, Why: "the picture did not come", Source: "https://cdn.example/a.jpg"}}
	}
	if rnd.IntN(40) == 0 {
		r.SafeSearch = []result.SafeSearch{{Tile: 0, Adult: "unlikely", Racy: "likely", Violence: "unlikely", Medical: "unlikely", Spoof: "unlikely"}}
	}
	if r.Verdict = rules.VerdictOf(r.Findings); r.Verdict == result.Pass && len(r.Unseen) > 0 {
		r.Verdict = result.Review
	}
	return r
}

func sentence(rnd *rand.Rand) string {
	return things[rnd.IntN(len(things))] + " " + how[rnd.IntN(len(how))] + " " + does[rnd.IntN(len(does))]
}

// id is the id of page i; every seventh is Korean.
func id(i int) string {
	if i%7 == 6 {
		return fmt.Sprintf("상품-%06d", i)
	}
	return fmt.Sprintf("shop-%06d", i)
}

// claimsOf chooses which lines say what may not be said: none on every third page.
func claimsOf(rnd *rand.Rand, category string, lines int) map[int]claim {
	said := map[int]claim{}
	for range rnd.IntN(6) - 1 {
		c := claims[rnd.IntN(len(claims))]
		if c.Category == category || c.Category == "*" {
			said[rnd.IntN(lines)] = c
		}
	}
	return said
}

// layout puts things on a page.
type layout struct{ r *result.Result }

// line puts a text on line n; four lines are a block.
func (p layout) line(n int, text string) {
	l := result.Line{Text: text, Confidence: 0.97, Block: n / 4, Source: cmp.Or(map[int]result.Source{0: result.InBoth}[n%5], result.InPicture)}
	x := float64(margin)
	for i, word := range strings.Fields(text) {
		if i > 0 {
			l.Words[i-1].Space = true
			x += glyph / 2
		}
		w := float64(len([]rune(word))) * glyph
		l.Words = append(l.Words, result.Word{Text: word, Box: page.Box{X: x, Y: float64(n*lineHeight + 12), W: w, H: 36}, Confidence: 0.97})
		l.Box = l.Box.Union(l.Words[i].Box)
		x += w
	}
	p.r.Lines = append(p.r.Lines, l)
}

// say puts a claim on line n, with its findings.
func (p layout) say(n int, c claim) {
	p.line(n, c.Text)
	l := p.r.Lines[n]
	for _, f := range c.Findings {
		before, _, _ := strings.Cut(c.Text, f.Quote)
		x := margin + float64(len([]rune(before))-strings.Count(before, " "))*glyph + float64(strings.Count(before, " "))*glyph/2
		spaces := strings.Count(f.Quote, " ")
		f.Box = page.Box{X: x, Y: l.Box.Y, W: float64(len([]rune(f.Quote))-spaces)*glyph + float64(spaces)*glyph/2, H: l.Box.H}
		f.Boxes, f.Lines, f.Source = []page.Box{f.Box}, []int{n}, l.Source
		p.r.Findings = append(p.r.Findings, f)
	}
}

// tiles cuts the page into tiles, whose pictures stand for a name each.
func (p layout) tiles(lines int, name func(n int) string) {
	r := p.r
	r.Page = result.Page{Width: Width, Height: lines * lineHeight, Scale: 1}
	for y := 0; y < r.Page.Height; y += tileHeight {
		n := len(r.Tiles)
		sum := sha256.Sum256([]byte(name(n)))
		r.Tiles = append(r.Tiles, page.Tile{
			Object: fmt.Sprintf("gs://screenshots/%s/run-1/%03d.jpg", r.ID, n), Y: y, Width: Width, Height: min(tileHeight, r.Page.Height-y),
			MediaType: "image/jpeg", Bytes: 60000, SHA256: hex.EncodeToString(sum[:]), CRC32C: "AAAAAA==",
		})
	}
	r.Coverage.Tiles = len(r.Tiles)
	text := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		text[i] = l.Text
	}
	r.Text = strings.Join(text, "\n")
}
