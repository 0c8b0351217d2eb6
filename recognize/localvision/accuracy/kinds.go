package accuracy

import (
	"fmt"
	"html"
	"strings"
)

// The ways of drawing that are measured each apart. Type of a size is "8 px" and so on.
const (
	Underlined   Class = "underlined"
	Struck       Class = "struck through"
	Highlighted  Class = "highlighted"
	Framed       Class = "framed"
	LetterSpaced Class = "letter-spaced"
	Upright      Class = "vertical"
	Hollow       Class = "outlined letters"
)

// kindStyles are, for each way of drawing, the styles that say so.
var kindStyles = map[Class][]string{
	Underlined: {
		"text-decoration:underline", "text-decoration:underline 2px #d00", "text-decoration:underline dotted", "text-decoration:underline wavy #d00",
		"text-decoration:underline;text-underline-offset:4px", "border-bottom:1px solid", "text-decoration:underline double", "border-bottom:3px solid #1e3a8a",
	},
	Struck: {
		"text-decoration:line-through", "text-decoration:line-through;color:#888", "text-decoration:line-through #d00", "text-decoration:line-through 2px #d00",
		"text-decoration:line-through #d00 2px;color:#666", "text-decoration:line-through double",
	},
	Highlighted: {
		"background:#ff0", "background:#ffe08a;color:#a00", "background:linear-gradient(transparent 60%,#ff8 60%)",
		"background:linear-gradient(transparent 50%,#fcc 50%);font-weight:700", "background:#111;color:#fff", "background:#c8102e;color:#fff;padding:2px 4px",
	},
	Framed: {
		"border:1px solid", "border:2px solid #d00", "border:1px dashed #666", "border:1px solid #999;border-radius:4px;padding:0 2px", "outline:2px solid #1e3a8a", "border:3px double;padding:2px",
	},
	LetterSpaced: {"letter-spacing:.1em", "letter-spacing:.25em", "letter-spacing:.5em", "letter-spacing:.8em", "letter-spacing:1em"},
	Upright:      {"", "color:#c8102e", "background:#1e3a8a;color:#fff", "font-weight:700"},
	Hollow: {
		"color:transparent;-webkit-text-stroke:1px #111", "color:#fff;-webkit-text-stroke:1px #c8102e", "color:#fff;-webkit-text-stroke:3px #111;paint-order:stroke fill",
		"color:#ffe14d;-webkit-text-stroke:4px #111;paint-order:stroke fill", "color:#c8102e;text-shadow:-2px 0 #fff,0 2px #fff,2px 0 #fff,0 -2px #fff;background:#667eea",
	},
}

// kindOrder is the order in which kinds are drawn and told.
var kindOrder = []Class{Underlined, Struck, Highlighted, Framed, LetterSpaced, Upright, Hollow}

// kindSizes are the sizes of type that are measured, CSS px.
var kindSizes = []int{8, 9, 10, 11, 12, 14, 18, 24, 36, 72, 108, 144, 200, 280, 400}

// Kinds lists the ways of drawing, then the sizes.
func Kinds() []Class {
	out := append([]Class{}, kindOrder...)
	for _, size := range kindSizes {
		out = append(out, sizeKind(size))
	}
	return out
}

func sizeKind(size int) Class { return Class(fmt.Sprintf("%d px", size)) }

// GenerateKind makes a page of a seed on which all text is drawn in one way.
func GenerateKind(seed uint64, kind Class) Document {
	g := begin(seed)
	for _, size := range kindSizes {
		if kind == sizeKind(size) {
			g.sized(size, kind)
			return g.end()
		}
	}
	if kind == Upright {
		g.upright()
		return g.end()
	}
	for _, style := range kindStyles[kind] {
		size := g.between(14, 30)
		if kind == Hollow {
			size = g.between(32, 60)
		}
		fmt.Fprintf(&g.b, `<div style="padding:14px 40px;font:%dpx/1.6 '%s'">`, size, pick(g, fonts))
		for i := range 2 {
			text := html.EscapeString(pick(g, headlines))
			if size < 32 {
				text = g.phrase() + " " + html.EscapeString(pick(g, headlines))
			}
			before, after := "", ""
			if i == 1 && size < 32 { // a part of a line
				before, after = html.EscapeString(pick(g, headlines))+" ", " "+g.phrase()
			}
			fmt.Fprintf(&g.b, `<p>%s<span data-kind="%s" style="%s">%s</span>%s</p>`, before, kind, style, text, after)
		}
		g.b.WriteString("</div>")
	}
	return g.end()
}

func (g *generator) sized(size int, kind Class) {
	lines := max(2, min(6, 300/size))
	for range lines {
		text := pick(g, headlines) + " " + pick(g, sentences)
		if longest := 1100 / size; size >= 24 {
			text = string([]rune(text)[:min(len([]rune(text)), longest)])
		}
		fmt.Fprintf(&g.b, `<div data-kind="%s" style="padding:10px 40px;font:%d %dpx/1.4 '%s';white-space:nowrap">%s</div>`,
			kind, pick(g, []int{400, 700}), size, pick(g, fonts), html.EscapeString(strings.TrimSpace(text)))
	}
}

func (g *generator) upright() {
	g.b.WriteString(`<div style="display:flex;gap:60px;padding:30px 40px">`)
	for _, style := range kindStyles[Upright] {
		for range 2 {
			fmt.Fprintf(&g.b, `<div data-kind="%s" style="writing-mode:vertical-rl;text-orientation:upright;font-size:%dpx;font-family:'%s';white-space:nowrap;padding:10px;%s">%s</div>`,
				Upright, g.between(16, 36), pick(g, fonts), style, html.EscapeString(pick(g, uprights)))
		}
	}
	g.b.WriteString("</div>")
}

// uprights are set from top to bottom.
var uprights = []string{"당일 발송 무료 배송", "여드름 완치 크림", "피부 재생 앰플", "체지방 감소", "줄기세포 배양액", "부작용 없는 천연 성분", "식약처 인증 완료", "전문의 추천 제품"}
