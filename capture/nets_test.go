package capture

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// Pages as they are, with much that nobody misses: they are wholly seen.
func TestNoWolfIsCried(t *testing.T) {
	const body = `<p>%%</p>{0}<div style="height:900px"></div>{1}`
	for name, extra := range map[string]string{
		"a tracker of one pixel":         `<div style="width:1px;height:1px;overflow:hidden">{2:1x1}</div><div style="position:absolute;left:5000px;width:1px">{2:1x1}</div>`,
		"a sprite":                       `<i style="display:block;width:24px;height:24px;background:url(/k/2) -200px -80px"></i><i style="display:block;width:24px;height:24px;overflow:hidden"><img src="/k/3" style="margin:-60px 0 0 -90px"></i>`,
		"a running clock":                `<b id=c>남은 시간 00:00:00</b><script>let n=0;setInterval(()=>{c.textContent='남은 시간 12:34:'+(n++%60+100)},20)</script>`,
		"a ticker that turns":            `<div style="height:30px;overflow:hidden"><ul id=u style="margin:0;padding:0"><li style="height:30px">%%<li style="height:30px">둘째 %%<li style="height:30px">셋째 %%</ul></div><script>setInterval(()=>u.append(u.firstElementChild),30)</script>`,
		"a ticker that changes":          `<div style="height:30px" id=c>%%</div><script>let n=0;setInterval(()=>{c.textContent=['가나다라 %%','%% 마바사아','자차카타 %%'][n++%3]},40)</script>`,
		"a marquee":                      `<marquee>%% %% %%</marquee>`,
		"a marquee of css":               `<style>@keyframes m{from{transform:translateX(100%)}to{transform:translateX(-100%)}}</style><div style="overflow:hidden;height:24px;white-space:nowrap"><div style="animation:m 9s linear infinite">%% %% %% %% %%</div></div>`,
		"a chat bubble":                  `<div style="position:fixed;right:20px;bottom:20px;width:260px;height:200px;overflow:auto;pointer-events:none">%% %% %% %% %% %% %% %% %% %% %% %%</div>`,
		"text for screen readers":        `<span style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0)">%% %%</span><span style="position:absolute;clip-path:inset(50%)">%%</span>`,
		"text that is indented away":     `<a style="display:block;width:120px;height:70px;overflow:hidden;text-indent:-9999px">%% %%</a>`,
		"a menu that is closed":          `<nav><div style="max-height:0;overflow:hidden">%% %% %%{2}</div><div style="position:absolute;height:0;overflow:hidden">%% %% %%{3}</div></nav>`,
		"a menu that is not a nav":       `<div style="position:relative"><ul style="position:absolute;top:100%;left:0;height:0;overflow:hidden">%% %% %%<li>{2}</li></ul></div>`,
		"a menu without display":         `<div class=gnb><ul style="display:none">%% %% %%{2}</ul></div><div style="visibility:hidden;position:absolute">%% %% %%{3}</div>`,
		"a title with an ellipsis":       `<div style="width:200px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:40px;height:90px">%% %% %%</div>`,
		"a tooltip":                      `<div role=tooltip style="height:80px;width:200px;overflow:hidden">%% %% %% %% %% %%</div>`,
		"select and datalist":            `<select><option>%%<option>%% %%</select><datalist id=d><option value="%% %%"></datalist><textarea rows=2 cols=20>%% %% %%</textarea>`,
		"what stands for an object":      `<object data=/none type=text/x width=400 height=300><p>%%</p></object><object type="image/svg+xml" data="/k/1" width=400 height=200></object>`,
		"cards that lead on":             strings.Repeat(`<div><p>%%</p><button onclick="0">상세정보 더보기</button></div>`, 6),
		"more of something else":         `<a href="/x">상품정보 더보기</a><button>리뷰 더보기</button><button>관련 상품</button><button aria-expanded=true>상품 설명 전체보기</button>`,
		"a drawer at the left":           `<div style="position:fixed;left:-320px;top:0;width:300px;height:100%;overflow:auto;background:#fff">%% %% %%{2}<div style="height:3000px"></div>%%</div>`,
		"a drawer at the right":          `<style>body{overflow-x:hidden}</style><div style="position:fixed;right:0;transform:translateX(100%);top:0;width:400px;height:100%;background:#fff">%% %% %%{2}</div>`,
		"a template":                     `<template>%% %% %% {2}</template><script type="text/html">%% %% %% {3}</script><noscript>%% %% {3}</noscript>`,
		"a picture that is cropped":      `<div style="width:400px;height:160px;overflow:hidden"><img src="/k/2" style="width:440px;margin:-20px"></div>`,
		"a banner wider than the page":   `<style>body{overflow-x:hidden}</style><div style="position:relative;height:100px"><img src="/k/2" style="position:absolute;left:50%;margin-left:-960px;width:1920px;height:100px"></div>`,
		"a header that hides":            `<style>#h{position:fixed;top:0;height:50px;width:100%;background:#fff;transition:transform .2s}</style><div id=h>%%</div><div style="height:60px"></div><script>let l=0;onscroll=()=>{h.style.transform=scrollY>l?'translateY(-100%)':'none';l=scrollY}</script>`,
		"a toast that goes":              `<div id=o style="position:fixed;bottom:80px;left:20px;width:300px;pointer-events:none;color:#999">%% %%</div><script>onscroll=()=>o.remove()</script>`,
		"a spinner until it is there":    `<div id=s>불러오는 중입니다</div><script>setTimeout(()=>{s.innerHTML='%%'},80)</script>`,
		"a section with a slanted edge":  `<section style="clip-path:polygon(0 0,100% 5%,100% 100%,0 95%);background:#eee;height:300px">%% %%{2}</section>`,
		"portraits cut out":              strings.Repeat(`<img src=/k/2 width=120 height=120 style="clip-path:polygon(50% 0,100% 25%,100% 75%,50% 100%,0 75%,0 25%)"><img src=/k/3 width=300 height=300 style="clip-path:circle(50%)">`, 3),
		"icons that are masks":           strings.Repeat(`<i style="display:inline-block;width:120px;height:120px;background:#333;mask:url(/k/2) center/contain"></i>`, 3),
		"places that stay empty":         `<div id=ad class=adbox style="height:250px;width:300px"></div><div style="height:300px"></div><div class=sp style="min-height:300px"></div><script>0</script>`,
		"a copy that keeps the place":    `<div style="position:relative"><div style="visibility:hidden"><p>%% %%</p></div><div style="position:absolute;inset:0"><p>%% %%</p></div></div><script>0</script>`,
		"what is shown on a card":        `<div style="position:relative;width:400px;margin:20px">{2}<div style="opacity:0"><button>장바구니 담기</button><button>바로 구매하기 버튼</button><button>관심 상품에 추가하기</button></div></div><script>0</script>`,
		"a spinner over its picture":     `<div style="position:relative;width:400px;margin:20px">{2}<span class=spinner style="position:absolute;left:180px;top:80px;width:40px;height:40px;border:2px solid"></span></div><script>0</script>`,
		"room for a scrollbar":           `<div style="position:relative;width:400px;height:200px;overflow:hidden"><div style="position:absolute;inset:0;overflow:auto"><p>%% %%</p>{2}</div><div class=scroll-placeholder style="width:400px;height:900px;max-height:100%"></div></div><script>0</script>`,
		"a slide that was forgotten":     `<style>.s{flex:0 0 400px;min-height:1px}</style><div style="width:400px;overflow:hidden"><div style="display:flex"><div class=s>{2}</div><div class=s>{3}</div><div class=s></div></div></div><script>0</script>`,
		"panels that a click fills":      `<style>.p{display:none}.p.on{display:block}</style><div class="p on">{2}</div><div class=p></div><div class=p></div><script>0</script>`,
		"a short page that moves":        `<style>body>p:nth-of-type(n+2),body>div[style*="900px"]{display:none}@keyframes m{to{transform:translateX(-100%)}}</style><div style="overflow:hidden;height:120px"><div style="white-space:nowrap;animation:m 3s linear infinite;font-size:50px">%%</div></div><b id=c></b><script>let n=0;setInterval(()=>{c.textContent='지금 '+n+++'명이 이 상품을 함께 보고 있습니다 놓치지 마세요'},40)</script>`,
		"drawings that move":             `<svg width=400 height=200><rect id=q width=40 height=40 /></svg><div id=v></div><script>let n=0;setInterval(()=>{q.setAttribute('x',n++%300);v.innerHTML='<svg width=400 height=200><rect x='+n%300+' width=40 height=40 /></svg>'},30)</script>`,
		"a collage, and names in a form": `<div style="position:relative;width:800px;height:200px"><div style="position:absolute;left:0;top:0;width:400px;height:200px;background:url(/k/4) center/cover"></div><div style="position:absolute;left:400px;top:0;width:400px;height:200px;background:url(/k/5) center/cover"></div></div><form><input name=id><input name=title><input name=name><input name=style></form><script>0</script>`,
		"bullets, a pointer, an icon":    `<style>ul{list-style-image:url(/none.png)}body{cursor:url(/none.png),auto}.i::before{content:url(/none.png)}</style><ul><li>%%<li>%%</ul><p class=i>%%</p>`,
		"a picture for a broken object":  `<object data=/none.png>{2}</object>`,
		"a typewriter":                   `<p id=w></p><script>let n=0;const all='%% %%';const i=setInterval(()=>{w.textContent=all.slice(0,++n);if(n==all.length)clearInterval(i)},4)</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, site(t, extra+body), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Unseen) > 0 || m.Partial != "" || m.Width != 1280 {
				t.Errorf("unseen %+v, partial %q, width %d", m.Unseen, m.Partial, m.Width)
			}
			if got := shown(t, m, mem.Objects()); got[1] < .9 {
				t.Errorf("the page's own picture: %.2f", got[1])
			}
		})
	}
}

// What cannot be seen by any means that Capture has is said: what, where, and why.
func TestWhatIsNotSeenIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		kind page.UnseenKind
		why  string
		body string
	}{
		"a PDF":                              {page.Failed, "cannot be drawn", `<embed src=/a.pdf width=800 height=600>`},
		"a PDF as an object":                 {page.Failed, "cannot be drawn", `<object data=/a type=application/pdf width=800 height=600></object>`},
		"a PDF in a frame":                   {page.Failed, "cannot be drawn", `<iframe src="/a.pdf?x#page=1" width=800 height=600></iframe>`},
		"a picture that a style shows":       {page.Failed, "unknown size", `<style>p::after{content:url(/none.png);display:block}</style><p></p>`},
		"a broken background of a pseudo":    {page.Failed, "a picture", `<style>p::after{content:"";display:block;width:400px;height:200px;background:url(/none.png)}</style><p></p>`},
		"a mask that did not come":           {page.Failed, "a picture", `<div style="mask-image:url(/none.png);width:400px;height:200px;background:#333"></div>`},
		"a border that did not come":         {page.Failed, "a picture", `<div style="border:60px solid;border-image:url(/none.png) 30;width:400px;height:200px"></div>`},
		"what comes only when it is clicked": {page.Clipped, `"상품정보 더보기" shows more`, `<div><div id=l></div><button onclick="l.innerHTML='x'">상품정보 더보기 ▼</button></div>`},
		"slides that fade in, still empty":   {page.Loading, "3 slides are filled only", `<style>.s{float:left;width:400px;min-height:1px;position:relative;opacity:0}.s:first-child{opacity:1}</style><div style="width:1600px"><div class=s>{0}</div><div class=s style="left:-400px"><i></i></div><div class=s style="left:-800px"></div><div class=s style="left:-1200px"></div></div>`},
		"slides in a row, still empty":       {page.Loading, "2 slides are filled only", `<style>.s{flex:0 0 400px;min-height:1px}</style><div style="width:400px;overflow:hidden"><div style="display:flex"><div class=s>{0}</div><div class=s>{1}</div><div class=s></div><div class=s></div></div></div>`},
		"a frame that is taken away again": {page.Vanished, "1 picture", `<div style="height:2000px"></div><iframe id=f src="@/f/0" width=600 height=300></iframe><div style="height:2000px"></div>
			<script>onscroll=()=>{if(scrollY>2500)f.remove()}</script>`},
		"a drawing that is taken away again": {page.Vanished, "1 picture", `<canvas id=f width=600 height=300></canvas><div style="height:2000px"></div>
			<script>f.getContext('2d').fillRect(0,0,600,300);onscroll=()=>{if(scrollY>700)f.remove()}</script>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, site(t, c.body, `{0}`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(m.Unseen, func(u page.Unseen) bool { return u.Kind == c.kind && strings.Contains(u.Why, c.why) && !u.Box.Empty() }) {
				t.Errorf("unseen %+v", m.Unseen)
			}
		})
	}
}
