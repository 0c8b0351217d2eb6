package accuracy

import (
	"fmt"
	"html"
)

// The kinds of line on hard pages, in type of 20 to 56 px.
const (
	Textured Class = "textured" // on what is as busy as a photograph
	Outlined Class = "outlined" // the same, with a rim of another colour around the letters
	Sloped   Class = "sloped"   // turned by 1 to 4 degrees, on an even ground
)

// GenerateHard makes the hard page of a seed: text as designers set it over
// photographs. It is measured apart, since no floor is promised for it.
func GenerateHard(seed uint64, sections int) Document {
	g := begin(seed)
	for range sections {
		[]func(){g.textured, g.outlined, g.sloped}[g.r.IntN(3)]()
	}
	return g.end()
}

// hardLine is a headline or a phrase.
func (g *generator) hardLine() string {
	if g.r.IntN(2) == 0 {
		return html.EscapeString(pick(g, headlines))
	}
	return g.phrase()
}

// texture fills a section with fractal noise of a colour, the brighter the more
// of light there is in it, and opens it for text.
func (g *generator) texture(light float64) {
	const height = 260
	channel := func() float64 { return light * (0.8 + 0.4*g.r.Float64()) }
	id := g.r.IntN(1 << 30)
	fmt.Fprintf(&g.b, `<div style="position:relative;height:%dpx;overflow:hidden;font-family:'%s'"><svg width="%d" height="%d"><filter id="n%d" x="0" y="0" width="100%%" height="100%%">`+
		`<feTurbulence type="fractalNoise" baseFrequency="%.3f" numOctaves="5" seed="%d"/><feColorMatrix values="%.2f .2 0 0 -.1  0 %.2f .2 0 -.1  .2 0 %.2f 0 -.1  0 0 0 0 1"/></filter>`+
		`<rect width="100%%" height="100%%" filter="url(#n%d)"/></svg><div style="position:absolute;left:60px;top:40px">`,
		height, pick(g, fonts), Width, height, id, 0.005+0.03*g.r.Float64(), id, channel(), channel(), channel(), id)
}

func (g *generator) textured() {
	g.texture(0.35) // dark enough for white letters, as who sets them chooses a photograph
	shadow := pick(g, []string{"none", "0 2px 6px rgba(0,0,0,.6)"})
	fmt.Fprintf(&g.b, `<div data-kind="textured" style="color:#fff;text-shadow:%s">`, shadow)
	g.line(g.between(32, 56), 700, g.hardLine())
	g.line(g.between(20, 30), 700, g.hardLine())
	g.b.WriteString("</div></div></div>")
}

func (g *generator) outlined() {
	g.texture(0.6)
	colours := pick(g, [][2]string{{"#ffe14d", "#111111"}, {"#ffffff", "#c8102e"}, {"#c8102e", "#ffffff"}, {"#111111", "#ffffff"}})
	fmt.Fprintf(&g.b, `<div data-kind="outlined" style="color:%s;-webkit-text-stroke:6px %s;paint-order:stroke fill">`, colours[0], colours[1])
	g.line(g.between(36, 56), 700, g.hardLine())
	g.line(g.between(28, 36), 700, g.hardLine())
	g.b.WriteString("</div></div></div>")
}

func (g *generator) sloped() {
	on := pick(g, loud[:6])
	angle := float64(g.between(1, 4)) * pick(g, []float64{-1, 1})
	fmt.Fprintf(&g.b, `<div style="height:240px;position:relative;overflow:hidden;background:%s;color:%s;font-family:'%s'"><div data-kind="sloped" style="position:absolute;left:120px;top:60px;white-space:nowrap;transform:rotate(%vdeg)">`,
		on.background, on.colour, pick(g, fonts), angle)
	g.line(g.between(32, 56), 700, g.hardLine())
	g.line(g.between(20, 30), 400, g.hardLine())
	g.b.WriteString("</div></div>")
}
