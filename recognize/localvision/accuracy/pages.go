// Package accuracy measures how well the local stand-in for Vision reads
// Korean product pages: it generates pages whose every line is known, renders
// them with Chromium, has them read through the production Vision client, and
// compares.
//
// The pages are made up but shaped like the real thing: sizes from 12 to 72 CSS
// px, dark and coloured banners, tables, pills and badges, text over gradients
// and over pictures, and pictures without any text, which must yield none.
// Hard pages, see GenerateHard, are measured apart. A
// seed always gives the same page, so two measurements differ only in the reader.
package accuracy

import (
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
)

// Width is the width of a generated page in CSS px, as wide as a captured tile.
const Width = 1280

// headlines are set in large type: 36 to 72 px.
var headlines = []string{
	"여드름 완치 크림", "7일 만에 미백 효과", "국내 판매 1위", "부작용 없는 천연 성분",
	"단 3일 최대 70% 할인", "피부 재생 앰플", "기미 주근깨 제거", "식약처 인증 완료",
	"체지방 감소 다이어트", "줄기세포 배양액 함유", "아토피 피부염 개선", "전문의 추천 No.1",
	"100% 환불 보장", "탈모 치료 샴푸", "주름 개선 2배",
}

// phrases are the claims and the ways off the platform that a reviewer looks
// for; they are set at every body size, and their recall is measured.
var phrases = []string{
	"여드름 치료 효과 100%", "카카오톡 id: beauty77", "kakao id happyskin24", "업계 최고 1위 제품",
	"부작용 전혀 없음", "세균 99.9% 제거", "아토피 완치 사례", "면역력 강화 도움",
	"암 예방에 탁월한 효과", "010-1234-5678 문의", "직거래 시 20% 추가 할인", "계좌이체 입금 환영",
	"텔레그램 @glowshop", "피부과 전문의 추천", "혈액순환 개선", "독소 배출 디톡스",
	"발모 촉진 특허 성분", "유일한 해결책", "무조건 10kg 감량", "통증 완화 즉시 효과",
	"www.skin-lab.co.kr", "LINE ID skinlab", "당일 발송 무료 배송", "임상 시험 완료 (n=32)",
}

// sentences fill the body between the phrases.
var sentences = []string{
	"자연에서 얻은 순한 원료로 하루 종일 촉촉한 피부를 느껴보세요.",
	"세안 후 적당량을 덜어 얼굴 전체에 부드럽게 펴 발라 주세요.",
	"민감한 피부도 안심하고 사용할 수 있도록 저자극 테스트를 마쳤습니다.",
	"고객님의 성원에 힘입어 누적 판매량 1,200,000개를 돌파했습니다.",
	"상품 수령 후 7일 이내에 교환 및 반품이 가능합니다.",
	"직사광선을 피해 서늘한 곳에 보관하고 어린이의 손이 닿지 않게 하세요.",
	"히알루론산과 판테놀이 피부 속 깊은 곳까지 수분을 채워 줍니다.",
	"제주산 병풀 추출물 52%를 담아 예민해진 피부를 편안하게 합니다.",
	"개인에 따라 차이가 있을 수 있으며 이상이 있으면 사용을 중지하십시오.",
	"평일 오후 2시 이전 결제 시 당일 출고되며 주말은 제외됩니다.",
	"끈적임 없이 산뜻하게 흡수되어 메이크업 전에도 부담이 없습니다.",
	"Vitamin C 유도체와 Niacinamide 5%를 함께 배합했습니다.",
}

// cells fill tables, a name and its value.
var cells = [][2]string{
	{"제품명", "글로우 수분 앰플"}, {"용량", "50ml x 2개"}, {"제조국", "대한민국"},
	{"사용기한", "개봉 후 12개월"}, {"제조업자", "(주)스킨랩코리아"}, {"전성분", "정제수, 글리세린, 판테놀"},
	{"판매가", "39,900원"}, {"배송비", "2,500원 (3만원 이상 무료)"}, {"고객센터", "1588-0000"},
	{"피부타입", "모든 피부용"}, {"기능성", "미백, 주름개선"}, {"품질보증", "공정거래위원회 고시 기준"},
}

var fonts = []string{"NanumGothic", "NanumBarunGothic", "NanumSquare", "Noto Sans CJK KR", "NanumMyeongjo"}

// ground is a background and the colour of the text on it.
type ground struct{ background, colour string }

var (
	plain = []ground{{"#ffffff", "#222222"}, {"#ffffff", "#000000"}, {"#f7f4ef", "#443322"}, {"#ffffff", "#666666"}, {"#eef3f8", "#1b3a5c"}}
	loud  = []ground{
		{"#111111", "#ffffff"}, {"#c8102e", "#ffffff"}, {"#1e3a8a", "#fde047"}, {"#0f5132", "#f5f5dc"}, {"#ffe14d", "#1a1a1a"}, {"#ff7aa2", "#ffffff"},
		{"linear-gradient(90deg,#ff9a9e,#fad0c4)", "#5b1020"}, {"linear-gradient(135deg,#667eea,#764ba2)", "#ffffff"},
		{"linear-gradient(180deg,#0f2027,#2c5364)", "#e8f6ff"}, {"linear-gradient(90deg,#fdfbfb,#cfd9df)", "#2b2b2b"},
	}
)

// Document is a page to render.
type Document struct{ HTML string }

// URL is an address that holds the page.
func (d Document) URL() string {
	return "data:text/html;charset=utf-8;base64," + base64.StdEncoding.EncodeToString([]byte(d.HTML))
}

// Generate makes the page of a seed. sections is its length: about 20 of them
// fill a tile of 4,096 CSS px.
func Generate(seed uint64, sections int) Document {
	g := begin(seed)
	makers := []func(){g.banner, g.body, g.table, g.body, g.claims, g.pills, g.picture, g.columns}
	for i := range sections {
		if i == 0 {
			g.banner()
			continue
		}
		makers[g.r.IntN(len(makers))]()
	}
	return g.end()
}

func begin(seed uint64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 0x5eed))}
	fmt.Fprintf(&g.b, `<!doctype html><html lang="ko"><meta charset="utf-8"><style>
body{margin:0;width:%dpx;background:#fff}div,td,p{box-sizing:border-box}
p{margin:0 0 .5em;line-height:1.5}table{border-collapse:collapse;width:100%%}td{border:1px solid #ccc;padding:10px 14px}
.pill{display:inline-block;border-radius:999px;padding:8px 24px;margin:6px}svg{display:block}</style><body>`, Width)
	return g
}

func (g *generator) end() Document {
	g.b.WriteString("</body></html>")
	return Document{HTML: g.b.String()}
}

type generator struct {
	r *rand.Rand
	b strings.Builder
}

func pick[T any](g *generator, from []T) T { return from[g.r.IntN(len(from))] }

func (g *generator) between(low, high int) int { return low + g.r.IntN(high-low+1) }

func (g *generator) phrase() string {
	return html.EscapeString(pick(g, phrases))
}

func (g *generator) open(on ground, pad int) {
	fmt.Fprintf(&g.b, `<div style="background:%s;color:%s;padding:%dpx 48px;font-family:'%s'">`, on.background, on.colour, pad, pick(g, fonts))
}

func (g *generator) line(size, weight int, text string) {
	fmt.Fprintf(&g.b, `<p style="font-size:%dpx;font-weight:%d">%s</p>`, size, weight, text)
}

func (g *generator) banner() {
	g.open(pick(g, loud), g.between(24, 60))
	g.b.WriteString(pick(g, []string{`<div style="text-align:center">`, `<div>`}))
	g.line(g.between(36, 72), pick(g, []int{400, 700}), html.EscapeString(pick(g, headlines)))
	g.line(g.between(18, 28), 400, g.phrase())
	g.b.WriteString("</div></div>")
}

func (g *generator) body() {
	g.open(pick(g, plain), 24)
	size := g.between(12, 20)
	for range g.between(2, 4) {
		g.line(size, 400, html.EscapeString(pick(g, sentences)+" "+pick(g, sentences)))
	}
	g.line(size, pick(g, []int{400, 700}), g.phrase())
	g.b.WriteString("</div>")
}

func (g *generator) claims() {
	g.open(pick(g, append(plain, loud...)), 30)
	g.line(g.between(24, 40), 700, html.EscapeString(pick(g, headlines)))
	for range g.between(2, 5) {
		g.line(g.between(13, 26), 400, g.phrase())
	}
	g.b.WriteString("</div>")
}

func (g *generator) table() {
	g.open(plain[0], 20)
	fmt.Fprintf(&g.b, `<table style="font-size:%dpx">`, g.between(13, 17))
	for range g.between(3, 6) {
		c, d := pick(g, cells), pick(g, cells)
		fmt.Fprintf(&g.b, `<tr><td style="background:#f2f2f2;width:180px">%s</td><td>%s</td><td style="background:#f2f2f2;width:180px">%s</td><td>%s</td></tr>`, c[0], c[1], d[0], d[1])
	}
	g.b.WriteString("</table></div>")
}

func (g *generator) pills() {
	g.open(plain[0], 20)
	for range g.between(2, 4) {
		on := pick(g, loud)
		fmt.Fprintf(&g.b, `<span class="pill" style="background:%s;color:%s;font-size:%dpx">%s</span>`, on.background, on.colour, g.between(14, 24), g.phrase())
	}
	g.b.WriteString("</div>")
}

// picture is a drawing that stands in for a photograph, with a headline over
// it half of the time.
func (g *generator) picture() {
	const height = 360
	fmt.Fprintf(&g.b, `<div style="position:relative;height:%dpx;overflow:hidden;font-family:'%s'"><svg width="%d" height="%d"><rect width="100%%" height="100%%" fill="hsl(%d 40%% 35%%)"/>`,
		height, pick(g, fonts), Width, height, g.r.IntN(360))
	for range 40 {
		fmt.Fprintf(&g.b, `<ellipse cx="%d" cy="%d" rx="%d" ry="%d" fill="hsl(%d 45%% %d%% / .35)"/>`,
			g.r.IntN(Width), g.r.IntN(height), g.between(10, 160), g.between(10, 120), g.r.IntN(360), g.between(20, 50))
	}
	g.b.WriteString("</svg>")
	if g.r.IntN(2) == 0 {
		fmt.Fprintf(&g.b, `<div style="position:absolute;left:60px;top:110px;color:#fff"><p style="font-size:%dpx;font-weight:700">%s</p><p style="font-size:%dpx">%s</p></div>`,
			g.between(40, 64), html.EscapeString(pick(g, headlines)), g.between(20, 30), g.phrase())
	}
	g.b.WriteString("</div>")
}

// columns are three cards side by side: a reader must not run them together.
func (g *generator) columns() {
	g.open(plain[0], 24)
	g.b.WriteString(`<div style="display:flex;gap:40px">`)
	for range 3 {
		fmt.Fprintf(&g.b, `<div style="flex:1;border:1px solid #ddd;padding:20px"><p style="font-size:%dpx;font-weight:700">%s</p><p style="font-size:%dpx">%s</p></div>`,
			g.between(18, 24), g.phrase(), g.between(13, 16), html.EscapeString(pick(g, sentences)))
	}
	g.b.WriteString("</div></div>")
}
