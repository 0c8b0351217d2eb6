package capture

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// What a script puts where something else was, every few seconds of the page's time, is drawn below the page.
func TestShownInTurnAsNewElements(t *testing.T) {
	const below, block = `<div style="height:2000px"></div>`, `width=400 height=200 style="display:block"`
	turn := func(ms, show string) string {
		return `<script>let n=0;const f=()=>{` + show + `;n++};f();setInterval(f,` + ms + `)</script>`
	}
	for name, body := range map[string]string{
		"written anew":               `<div id=b style="height:200px"></div>` + below + turn("2000", `b.innerHTML='<img src="/k/'+n%5+'" `+block+`>'`),
		"one for another":            `<div style="height:2000px"></div><div id=b style="height:200px"><img src=/k/4 ` + block + `></div>` + turn("3000", `const i=new Image(400,200);i.src='/k/'+n%5;i.style.display='block';b.firstElementChild.replaceWith(i)`),
		"with a new key, unsized":    `<div id=b></div>` + below + turn("4000", `const d=document.createElement('section');d.innerHTML='<a href="#"><img src="/k/'+n%5+'"></a><p>%%</p>';b.replaceChildren(d)`),
		"backgrounds":                `<div id=b style="height:200px"></div>` + below + turn("5000", `b.innerHTML='<div style="width:400px;height:200px;background:url(/k/'+n%5+')"></div>'`),
		"a background of one":        below + `<div id=b style="width:400px;height:200px"></div>` + turn("3000", `b.style.backgroundImage='url(/k/'+n%5+')'`),
		"a class around it":          `<style>.c0 i{background:url(/k/0)}.c1 i{background:url(/k/1)}.c2 i{background:url(/k/2)}.c3 i{background:url(/k/3)}.c4 i{background:url(/k/4)}i{display:block;width:400px;height:200px}</style><div id=b><i></i></div>` + below + turn("3000", `b.className='c'+n%5`),
		"one fades in over the last": `<style>.f{animation:f 1s}@keyframes f{from{opacity:0}}</style><div id=b style="height:200px;position:relative"></div>` + below + turn("3000", `const i=document.createElement('img');i.src='/k/'+n%5;i.className='f';i.style.cssText='position:absolute;left:0;top:0;width:400px;height:200px';b.append(i);if(b.children.length>1)setTimeout(()=>b.firstChild.remove(),1000)`),
		"a variable of a style":      `<div id=b style="width:400px;height:200px;background-image:var(--u)"></div>` + below + turn("3000", `b.style.setProperty('--u','url(/k/'+n%5+')')`),
		"the sources of a picture":   `<picture><source id=b srcset=/k/0><img src=/k/9 ` + block + `></picture>` + below + turn("3000", `b.srcset='/k/'+n%5`),
		"in a dialog of the window":  `<div id=b style="position:fixed;left:200px;top:100px;width:800px;height:600px;background:#fff"></div>` + below + turn("3000", `b.innerHTML='<img src="/k/'+n%5+'" `+block+`>'`),
		"drawings":                   `<div id=b style="height:200px"></div>` + below + turn("3000", `b.innerHTML='<svg width=400 height=200><image href="/k/'+n%5+'" width=400 height=200 /></svg>'`),
		"the picture of a drawing":   `<svg width=400 height=200 style="display:block"><image id=b width=400 height=200 /></svg>` + below + turn("3000", `b.setAttribute('href','/k/'+n%5)`),
		"in a shadow root":           `<div id=h></div>` + below + strings.Replace(turn("3000", `b.innerHTML='<img src="/k/'+n%5+'" `+block+`>'`), "let", "const b=h.attachShadow({mode:'open'});let", 1),
		"keyframes of a style":       `<style>@keyframes k{0%,19%{background-image:url(/k/0)}20%,39%{background-image:url(/k/1)}40%,59%{background-image:url(/k/2)}60%,79%{background-image:url(/k/3)}80%,100%{background-image:url(/k/4)}}div{width:400px;height:200px;animation:k 9s infinite steps(1)}</style><div></div>`,
		"drawn on a canvas":          `<canvas id=c width=400 height=200 style="display:block"></canvas>` + below + `<script>const x=c.getContext('2d'),all=[];let n=0;const f=()=>x.drawImage(all[n++%5],0,0,400,200);for(let i=0;i<5;i++){all[i]=new Image();all[i].onload=()=>i||f();all[i].src='/k/'+i}setInterval(f,2500)</script>`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 5, body) })
	}
	for _, of := range []string{"", "@"} {
		t.Run("in a frame "+of, func(t *testing.T) {
			wholly(t, 5, `<iframe src="`+of+`/f/0" width=500 height=300 style="border:0"></iframe>`, `<div id=b></div>`+turn("3000", `b.innerHTML='<img src="/k/'+n%5+'" `+block+`>'`))
		})
	}
}

// Notices in turn are read; a clock, and what nobody could read, make nothing of the page longer.
func TestNoticesInTurn(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		lines int
	}{
		"lines in turn":          {`<div id=b style="height:30px;overflow:hidden"></div><script>let n=0;const f=()=>{b.innerHTML='<a href=#>'+'가나다라'[n++%4]+' %%</a>'};f();setInterval(f,3000)</script>`, 4},
		"the words of one":       {`<p id=b>x</p><script>let n=0;const f=()=>{b.firstChild.data='가나다라'[n++%4]+' %%'};f();setInterval(f,2500)</script>`, 4},
		"white on a picture":     {`<div id=b style="height:200px"></div><script>let n=0;const f=()=>{b.innerHTML='<div style="position:relative">{1}<p style="position:absolute;top:0;width:300px;color:#fff">'+'가나다'[n++%3]+' %%</p></div>'};f();setInterval(f,3000)</script>`, 3},
		"a clock":                {`<div id=b></div><script>let n=0;const f=()=>{b.innerHTML='<b>%% 남은 시간 12:34:'+(10+n++%50)+'</b>'};f();setInterval(f,1000)</script>`, 1},
		"what is gone at once":   {`<div style="height:30px" id=b></div><script>let n=0;const f=()=>{b.innerHTML='<b>'+'가나다라'[n++%4]+' %%</b>'};f();setInterval(f,300)</script>`, 1},
		"a feed without an end":  {`<div id=b style="height:30px"></div><script>let n=0;const f=()=>{b.innerHTML='<p>'+[...String(n++)].map(d=>'가나다라마바사아자차'[d]).join('')+' %%</p>'};f();setInterval(f,2000)</script>`, 12},
		"texts of unlike length": {`<div id=b></div><script>let n=0;const f=()=>{const k=n++%7;b.innerHTML='<p>'+'가나다라마바사'[k]+' %%'+' 그리고 더 많이'.repeat(k*4)+'</p>'};f();setInterval(f,2300)</script>`, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, site(t, `{0}`+c.body+`<div style="height:1500px"></div>`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Unseen) > 0 || m.Partial != "" {
				t.Errorf("unseen %+v, partial %q", m.Unseen, m.Partial)
			}
			known := map[string]bool{}
			for _, d := range domOf(t, m, mem.Objects()).Texts {
				if strings.Contains(strings.ReplaceAll(d.Text, " ", ""), "이제품은식약처가") {
					known[d.Text] = true
				}
			}
			if len(known) < c.lines || len(known) > c.lines+2 {
				t.Errorf("%d texts were seen, want %d: %v", len(known), c.lines, known)
			}
		})
	}
}

// A place that does not come to an end of its pictures is said.
func TestPicturesInTurnWithoutAnEndAreSaid(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, "")
	m, err := cap.try(t, site(t, `<div id=b style="height:200px"></div><script>let n=0;const f=()=>{b.innerHTML='<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22><desc>'+n+++'</desc></svg>" width=400 height=200>'};f();setInterval(f,1000)</script>`), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(m.Unseen, func(u page.Unseen) bool {
		return u.Kind == page.Loading && strings.Contains(u.Why, "in turn") && !u.Box.Empty()
	}) {
		t.Errorf("unseen %+v", m.Unseen)
	}
}

// What animation frames bring is seen: the page is given them for as long as it asks.
func TestWhatFramesBring(t *testing.T) {
	draw := func(start string) string {
		return `<canvas id=c width=400 height=200 style="display:block"></canvas><script>let n=0;const x=c.getContext('2d');x.fillStyle='#6060b0';const f=()=>{x.fillRect(n*400/60,0,7,200);if(++n<60)requestAnimationFrame(f)};` + start + `</script>`
	}
	for name, body := range map[string]string{
		"after fifty":         `<div id=b></div><script>let n=0;const f=()=>{if(++n<50)requestAnimationFrame(f);else b.innerHTML='{0}'};f()</script>`,
		"a drawing":           draw("f()"),
		"a drawing, in view":  `<div style="height:3000px"></div>` + draw("new IntersectionObserver((es,o)=>{if(es[0].isIntersecting){o.disconnect();f()}}).observe(c)"),
		"two seconds of them": `<div id=b style="width:0;height:200px;background:#6060b0"></div><script>let s;const f=t=>{s??=t;const p=Math.min(1,(t-s)/2000);b.style.width=400*p+'px';if(p<1)requestAnimationFrame(f)};requestAnimationFrame(f)</script>`,
		"a loop without end":  `{0}<i id=b></i><script>let n=0;const f=()=>{b.style.left=n+++'px';requestAnimationFrame(f)};f()</script>`,
		"snow on the page":    `{0}<canvas id=c width=1280 height=800 style="position:absolute;left:0;top:0;z-index:-1"></canvas><script>const x=c.getContext('2d');let n=0;const f=()=>{n++;x.clearRect(0,0,1280,800);for(let i=0;i<80;i++){x.beginPath();x.arc(i*97%1280+Math.sin(n/10+i)*30,(i*53+n*3)%800,4,0,7);x.fill()}requestAnimationFrame(f)};f()</script>`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 1, body) })
	}
	t.Run("in a frame", func(t *testing.T) {
		wholly(t, 1, `<iframe src="/f/0" width=500 height=300 style="border:0"></iframe>`, draw("f()"))
	})
}

// A canvas that is drawn anew by the scroll position is seen at each at which the page was looked at.
func TestDrawingsByTheScrollPosition(t *testing.T) {
	script := func(from string) string {
		return `<script>const x=c.getContext('2d'),all=[];const f=()=>{const k=Math.max(0,Math.min(4,Math.floor(scrollY/800)));if(all[k].complete)x.drawImage(all[k],0,0,400,200)};for(let i=0;i<5;i++){all[i]=new Image();all[i].onload=f;all[i].src='` + from + `/k/'+i}addEventListener('scroll',()=>requestAnimationFrame(f));f()</script>`
	}
	for name, body := range map[string]string{
		"that sticks":                 `<div style="height:4000px"><canvas id=c width=400 height=200 style="position:sticky;top:0;display:block"></canvas></div>` + script(""),
		"that is fixed":               `<canvas id=c width=400 height=200 style="position:fixed;top:300px;left:0"></canvas><div style="height:4000px"></div>` + script(""),
		"of pictures of another site": `<div style="height:4000px"><canvas id=c width=400 height=200 style="position:sticky;top:0;display:block"></canvas></div>` + script("@"),
		"a picture instead":           `<div style="height:4000px"><img id=c src=/k/0 width=400 height=200 style="position:sticky;top:0;display:block"></div><script>onscroll=()=>{c.src='/k/'+Math.min(4,Math.floor(scrollY/800))}</script>`,
		"new elements instead":        `<div style="height:4000px"><div id=c style="position:sticky;top:0">{0}</div></div><script>let l=0;onscroll=()=>{const k=Math.min(4,Math.floor(scrollY/800));if(k!=l){l=k;c.innerHTML='<img src="/k/'+k+'" width=400 height=200 style="display:block">'}}</script>`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 5, body) })
	}
}
