package capture

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// rows are six screens of a picture each, in an element of class r.
func rows(before, after string) string {
	var b strings.Builder
	for n := range 6 {
		fmt.Fprintf(&b, `<div class=r style="height:800px">%s{%d}%s</div>`, before, n, after)
	}
	return b.String()
}

const (
	both = `<script>const o=new IntersectionObserver(es=>es.forEach(e=>e.target.classList.toggle('on',e.isIntersecting)));document.querySelectorAll('.r').forEach(e=>o.observe(e))</script>`
	once = `<script>const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){e.target.classList.add('on');o.unobserve(e.target)}}),{threshold:.1});document.querySelectorAll('.r').forEach(e=>o.observe(e))</script>`
)

// allOfIt is a script that says of what is in a row when all of it is in view, both ways or once.
func allOfIt(ways string) string {
	return `<script>const o=new IntersectionObserver(es=>es.forEach(e=>{e.target.classList.toggle('on',e.isIntersecting);if('` + ways + `'=='once'&&e.isIntersecting)o.unobserve(e.target)}),{threshold:1});document.querySelectorAll('.r>div').forEach(e=>o.observe(e))</script>`
}

// What shows itself only while it is in view is drawn as it was seen then.
func TestShownOnlyWhileInView(t *testing.T) {
	for name, body := range map[string]string{
		"fades in and out":               `<style>.r{opacity:0;transform:translateY(80px);transition:opacity .6s,transform .6s}.r.on{opacity:1;transform:none}</style>` + rows("", "") + both,
		"fades in once":                  `<style>.r{opacity:0;transform:translateY(80px);transition:opacity 2s,transform 2s 1s}.r.on{opacity:1;transform:none}</style>` + rows("", "") + once,
		"slides in from the side":        `<style>body{overflow-x:hidden}.r{transform:translateX(-100%);transition:transform .6s ease-out}.r.on{transform:none}</style>` + strings.ReplaceAll(strings.ReplaceAll(rows("<p>", "</p>"), "<p>", "<div class=i>"), "</p>", "</div>") + strings.ReplaceAll(both, "e.target.classList", "e.target.classList"),
		"zooms in":                       `<style>.r>div{transform:scale(.2);opacity:.01;transition:all .8s}.r.on>div{transform:none;opacity:1}</style>` + rows("<div>", "</div>") + both,
		"is uncovered by a clip":         `<style>.r>div{clip-path:inset(0 100% 0 0);transition:clip-path .8s;width:400px}.r.on>div{clip-path:inset(0 0 0 0)}</style>` + rows("<div>", "</div>") + both,
		"gets sharp":                     `<style>.r{filter:blur(20px);transition:filter .8s}.r.on{filter:none}</style>` + rows("", "") + both,
		"pictures get sharp":             `<style>.r img{filter:blur(20px);transition:filter .8s}.r.on img{filter:blur(0)}</style>` + rows("", "") + both,
		"words get sharp":                `<style>.r p{filter:blur(20px);width:400px;height:200px;margin:0}.r p.on{filter:none}</style>` + strings.NewReplacer("{", `<p style="background:url(/k/`, "}", `)"></p>`).Replace(rows("", "")) + strings.ReplaceAll(both, "'.r'", "'p'"),
		"a filter fades in":              `<style>.r{filter:opacity(0);transition:filter .8s}.r.on{filter:opacity(1)}</style>` + rows("", "") + both,
		"behind a curtain":               `<style>.r>div{position:relative;width:400px}.r i{position:absolute;inset:0;background:#fff;transition:transform .5s}.r.on i{transform:scaleX(0)}</style>` + rows("<div>", "<i></i></div>") + both,
		"behind a curtain of a style":    `<style>.r>div{position:relative;width:400px}.r>div::after{content:"";position:absolute;inset:0;background:#eee;transition:all .5s;pointer-events:none}.r.on>div::after{width:0}</style>` + rows("<div>", "</div>") + both,
		"a mask is drawn aside":          `<style>.r>div{width:400px;mask:linear-gradient(#000,#000) no-repeat 0 0/0% 100%;transition:mask-size .6s}.r.on>div{mask-size:100% 100%}</style>` + rows("<div>", "</div>") + both,
		"a mask is drawn aside for good": `<style>.r>div{width:400px;mask:linear-gradient(90deg,#000 50%,transparent 50%) 100% 0/200% 100% no-repeat}.r.on>div{animation:m 1s forwards}@keyframes m{to{mask-position:0 0}}</style>` + rows("<div>", "</div>") + once,
		"a mask by the scroll position":  `<style>@property --p{syntax:'<percentage>';inherits:true;initial-value:0%}.r>div{width:400px;mask:linear-gradient(90deg,#000 var(--p),transparent var(--p));animation:v linear both;animation-timeline:view();animation-range:entry 0% cover 40%}@keyframes v{from{--p:0%}to{--p:100%}}</style>` + rows("<div>", "</div>"),
		"a polygon, as a whole":          `<style>.r>div{width:400px;clip-path:polygon(0 0,0 0,0 100%,0 100%);transition:clip-path .6s}.r>div.on{clip-path:polygon(0 0,100% 0,100% 100%,0 100%)}</style>` + rows("<div>", "</div>") + allOfIt("both"),
		"an inset, as a whole":           `<style>.r>div{width:400px;clip-path:inset(0 100% 0 0)}.r>div.on{clip-path:inset(0)}</style>` + rows("<div>", "</div>") + allOfIt("both"),
		"a circle that grows":            `<style>.r>div{width:400px;clip-path:circle(20%);transition:clip-path .6s}.r>div.on{clip-path:circle(100%)}</style>` + rows("<div>", "</div>") + allOfIt("both"),
		"turns in":                       `<style>.r>div{width:400px;transform:perspective(600px) rotateX(90deg);transition:transform .6s}.r>div.on{transform:none}</style>` + rows("<div>", "</div>") + allOfIt("both"),
		"turns in, its back is hidden":   `<style>.r>div{width:400px;backface-visibility:hidden;transform:perspective(2500px) rotateY(-100deg);transition:transform .6s}.r>div.on{transform:perspective(2500px) rotateY(0)}</style>` + rows("<div>", "</div>") + allOfIt("both"),
		"in the middle, as a whole":      `<style>.r>div{opacity:0;transition:opacity .5s}.r>div.on{opacity:1}</style>` + rows("<div>", "</div>") + strings.Replace(allOfIt("both"), "threshold:1", "rootMargin:'-25% 0px',threshold:1", 1),
		"in the very middle, for good":   `<style>.r>div{opacity:0;transition:opacity .5s}.r>div.on{opacity:1}</style>` + rows("<div>", "</div>") + strings.Replace(allOfIt("once"), "threshold:1", "rootMargin:'-45% 0px'", 1),
		"as much as never is in view":    `<style>.r>div{opacity:0}.r>div.on{opacity:1}</style><div class=r><div>` + strings.ReplaceAll(rows("", ""), "class=r", "") + `</div></div>` + strings.Replace(allOfIt("once"), "threshold:1", "threshold:.5", 1),
		"a listener that is throttled":   `<style>.r{transform:translateX(-100%)}.r.on{transform:none}</style><div style="width:400px">` + rows("", "") + `</div><script>let t=-1e9,l;const f=()=>{t=performance.now();document.querySelectorAll('.r').forEach(e=>e.classList.toggle('on',e.offsetTop+120<scrollY+innerHeight))};onscroll=()=>{clearTimeout(l);performance.now()-t>99?f():l=setTimeout(f,99)};f()</script>`,
		"follows the scrolling slowly":   rows("", "") + `<script>const at=new Map();const f=()=>{document.querySelectorAll('.r').forEach(e=>{const b=e.getBoundingClientRect(),to=b.top<innerHeight*.8&&b.bottom>0?1:0,is=at.get(e)||0;at.set(e,is+(to-is)*.1);e.style.opacity=at.get(e)});requestAnimationFrame(f)};f()</script>`,
		"before a ground of its own":     `<style>.r>div{position:relative;width:400px}.r i{position:absolute;inset:0;background:#fff}.r img{position:relative}</style>` + rows("<div><i></i>", "</div>") + both,
		"animation of a library":         `<style>.r{visibility:hidden}.r.on{visibility:visible;animation:f 1s both}@keyframes f{from{opacity:0;transform:translate3d(0,100%,0)}to{opacity:1;transform:none}}</style>` + rows("", "") + once,
		"set by a scroll listener":       `<style>.r{opacity:0;transition:opacity .6s}.r.on{opacity:1}</style>` + rows("", "") + `<script>const els=[...document.querySelectorAll('.r')].map(e=>[e,e.offsetTop]);const f=()=>els.forEach(([e,t])=>e.classList.toggle('on',scrollY+innerHeight-120>=t));addEventListener('scroll',f);f()</script>`,
		"displayed while in view":        `<style>.r>div{display:none}.r.on>div{display:block}</style>` + rows("<div>", "</div>") + both,
		"in a shadow root":               `<div id=h></div><template>` + rows("", "") + `</template><script>const s=h.attachShadow({mode:'open'});s.innerHTML='<style>.r{opacity:0;transition:opacity .6s}.r.on{opacity:1}</style>'+document.querySelector('template').innerHTML;const o=new IntersectionObserver(es=>es.forEach(e=>e.target.classList.toggle('on',e.isIntersecting)));s.querySelectorAll('.r').forEach(e=>o.observe(e))</script>`,
		"in a closed shadow root":        `<div id=h></div><template>` + rows("", "") + `</template><script>const s=h.attachShadow({mode:'closed'});s.innerHTML='<style>.r{opacity:0;transition:opacity .6s}.r.on{opacity:1}</style>'+document.querySelector('template').innerHTML;const o=new IntersectionObserver(es=>es.forEach(e=>e.target.classList.toggle('on',e.isIntersecting)));s.querySelectorAll('.r').forEach(e=>o.observe(e))</script>`,
		"lazy in a shadow root of HTML":  `<div><template shadowrootmode=closed><div>` + strings.ReplaceAll(casePage(rows("", "")), "<img ", "<img loading=lazy ") + `</div></template></div>`,
		"view timeline":                  `<style>.r{animation:v linear both;animation-timeline:view()}@keyframes v{entry 0%{opacity:0;transform:translateY(200px)}entry 100%{opacity:1;transform:none}exit 0%{opacity:1;transform:none}exit 100%{opacity:0;transform:translateY(-200px)}}</style>` + rows("", ""),
		"view timeline, only in":         `<style>.r{animation:v linear both;animation-timeline:view();animation-range:entry 0% cover 30%}@keyframes v{from{opacity:0}to{opacity:1}}</style>` + rows("", ""),
		"view timeline, base hidden":     `<style>.r{opacity:0;animation:v linear both;animation-timeline:view()}@keyframes v{0%,100%{opacity:0}30%,70%{opacity:1}}</style>` + rows("", ""),
		"scroll timeline":                `<style>.r>div{animation:v linear both;animation-timeline:scroll()}@keyframes v{from{opacity:1}to{opacity:0}}</style>` + rows("<div>", "</div>"),
		"content-visibility":             `<style>.r{content-visibility:auto;contain-intrinsic-size:860px 300px}</style>` + rows("", ""),
		"content-visibility, lazy":       `<style>.r{content-visibility:auto}</style>` + strings.ReplaceAll(casePage(rows("", "")), "<img ", "<img loading=lazy "),
		"content-visibility in a frame":  `<iframe src="/f/0" style="width:900px;height:4800px;border:0;display:block"></iframe>`,
		"fixed backgrounds":              strings.NewReplacer("{", `<div style="height:200px;width:400px;background:url(/k/`, "}", `) center/400px 200px fixed"></div>`).Replace(rows("", "")),
		"a virtual list": `<div id=l style="position:relative;height:4800px"></div><script>const draw=()=>{const a=Math.max(0,Math.floor(scrollY/800)-1),b=Math.min(5,Math.floor((scrollY+innerHeight)/800)+1);let h='';
			for(let i=a;i<=b;i++)h+='<div style="position:absolute;top:'+i*800+'px;height:800px"><img src="/k/'+i+'" width=400 height=200></div>';l.innerHTML=h};addEventListener('scroll',draw);draw()</script>`,
		"a virtual list in a pane": `<style>html,body{height:100%;overflow:hidden}</style><div id=p style="height:700px;overflow:auto"><div id=l style="position:relative;height:4800px"></div></div><script>const draw=()=>{const a=Math.floor(p.scrollTop/800);let h='';
			for(let i=a;i<=Math.min(5,a+1);i++)h+='<div style="position:absolute;top:'+i*800+'px;height:800px"><img src="/k/'+i+'" width=400 height=200></div>';l.innerHTML=h};p.addEventListener('scroll',draw);draw()</script>`,
		"a virtual list that moves its rows": `<div id=l style="height:4800px"><div id=m></div></div><script>const draw=()=>{const a=Math.min(4,Math.floor(scrollY/800));m.style.transform='translateY('+a*800+'px)';let h='';
			for(let i=a;i<=a+1;i++)h+='<div style="height:800px"><img src="/k/'+i+'" width=400 height=200></div>';m.innerHTML=h};addEventListener('scroll',draw);draw()</script>`,
		"a virtual list with padding": `<div id=l style="box-sizing:border-box;height:4800px"></div><script>const draw=()=>{const a=Math.min(4,Math.floor(scrollY/800));l.style.paddingTop=a*800+'px';let h='';
			for(let i=a;i<=a+1;i++)h+='<div style="height:800px"><img src="/k/'+i+'" width=400 height=200></div>';l.innerHTML=h};addEventListener('scroll',draw);draw()</script>`,
		"one element that shows all in turn": `<div style="height:3000px"><img id=i src="/k/0" width=400 height=200></div><script>onscroll=()=>0;let n=0;setInterval(()=>{i.src='/k/'+(n=(n+1)%6)},150)</script>` + strings.Repeat(`<p>.`, 400),
		"a background while in view":         `<style>.r div{width:400px;height:200px}</style>` + strings.NewReplacer("{", `<div data-k=`, "}", `></div>`).Replace(rows("", "")) + `<script>const o=new IntersectionObserver(es=>es.forEach(e=>{e.target.style.backgroundImage=e.isIntersecting?'url(/k/'+e.target.dataset.k+')':''}));document.querySelectorAll('.r div').forEach(e=>o.observe(e))</script>`,
		"filled when looked at for a second": strings.NewReplacer("{", `<div class=place id=n`, "}", ` style="min-height:200px"></div>`).Replace(rows("", "")) + `<div style="height:900px"></div><script>document.querySelectorAll('.place').forEach(e=>{let t;new IntersectionObserver(es=>{clearTimeout(t);if(es[0].isIntersecting)t=setTimeout(()=>{e.innerHTML='<img src=/k/'+e.id.slice(1)+' width=400 height=200 style="display:block">'},1000)},{threshold:1}).observe(e)})</script>`,
		"filled late, unlike its like":       strings.NewReplacer("{", `<div class=place id=n`, "}", ` style="min-height:200px"></div>`).Replace(rows("", "")) + `<div style="height:900px"></div><script>document.querySelectorAll('.place').forEach(e=>{let t;new IntersectionObserver(es=>{clearTimeout(t);if(es[0].isIntersecting)t=setTimeout(()=>{e.innerHTML='<img src=/k/'+e.id.slice(1)+' width=400 height=200 style="display:block">'},e.id=='n4'?2000:1000)},{threshold:1}).observe(e)})</script>`,
		"blinks":                             `<style>.r{visibility:hidden;animation:b 2s linear infinite}@keyframes b{0%,90%{visibility:visible}100%{visibility:hidden}}</style>` + rows("", ""),
		"pulses":                             `<style>.r{opacity:0;animation:b 3s ease infinite alternate}@keyframes b{from{opacity:0}to{opacity:1}}</style>` + rows("", ""),
		"goes after a minute":                `<style>.r{animation:b 60s forwards}@keyframes b{0%,95%{opacity:1}100%{opacity:0}}</style>` + rows("", ""),
		"comes and goes at once":             `<style>.r{opacity:0;animation:b 1s}@keyframes b{20%,80%{opacity:1}}</style>` + rows("", ""),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "slides in from the side" {
				body = strings.ReplaceAll(body, ".r{transform", ".i{transform")
				body = strings.ReplaceAll(body, ".r.on{", ".r.on .i{")
			}
			wholly(t, 6, body, `<style>.r{content-visibility:auto}</style>`+rows("", ""))
		})
	}
}

// Whatever moves, and whenever it is captured, the picture of a page is the same.
func TestTenCapturesAreOnePicture(t *testing.T) {
	t.Parallel()
	url := site(t, `<style>.r{opacity:0;transform:translateY(80px) rotate(3deg);transition:all .6s}.r.on{opacity:1;transform:none}
		.s{position:absolute;animation:x 3s infinite}.s:nth-child(2){animation-delay:1s}@keyframes x{0%,40%{opacity:1}50%,90%{opacity:0}}
		.m{animation:y 5s infinite alternate}@keyframes y{to{transform:translateX(300px)}}</style>
		<div style="position:relative;height:220px"><div class=s>{6}</div><div class=s>{7}</div></div><div class=m>{8}</div>`+rows("", "")+both)
	var first []string
	for n := range 10 {
		cap, _ := capturer(t, "")
		m, err := cap.try(t, url, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var sums []string
		for _, tile := range m.Tiles {
			sums = append(sums, tile.SHA256)
		}
		if first == nil {
			first = sums
		}
		if !slices.Equal(first, sums) {
			t.Errorf("capture %d is another picture: %q, not %q", n+1, sums, first)
		}
	}
}

// No hand rests on a page when it is drawn: neither where the browser has its
// pointer at first, at the window's corner, nor where one was moved.
func TestNothingIsDrawnUnderAPointer(t *testing.T) {
	for name, body := range map[string]string{
		"at the corner":               `<style>.m{width:400px;height:200px;background:url(/k/0)}.m:hover{background:url(/k/1)}</style><div class=m></div>`,
		"at the edge, with a script":  `<style>.m{width:400px;height:600px;background:url(/k/0) no-repeat}.m:hover{background:url(/k/1)}</style><div class=m></div><script>0</script>`,
		"a menu that it would unfold": `<style>.m{height:40px}.m div{display:none}.m:hover div{display:block}</style><div class=m>전체 분류<div>{1}</div></div>{0}<script>0</script>`,
		"in a frame":                  `<iframe srcdoc="<style>body{margin:0}.m{width:400px;height:200px;background:url(/k/0)}.m:hover{background:url(/k/1)}</style><div class=m></div>" width=500 height=800 style="border:0"></iframe>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, site(t, body), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(t, m, mem.Objects()); got[0] < .9 || got[1] > 0 || len(m.Unseen) > 0 {
				t.Errorf("of the pictures is shown %v, want the first alone; unseen %+v", got, m.Unseen)
			}
		})
	}
}
