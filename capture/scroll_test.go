package capture

import (
	"strings"
	"testing"
	"time"
)

// far is six pictures, each a screen below the one before.
const far = `<div style="height:800px">{0}</div><div style="height:800px">{1}</div><div style="height:800px">{2}</div>` +
	`<div style="height:800px">{3}</div><div style="height:800px">{4}</div><div style="height:800px">{5}</div>`

// What scrolls inside of the page, or is locked, is drawn as if the window scrolled it.
func TestScrollThatIsNotTheWindows(t *testing.T) {
	inner := func(n int) string {
		return strings.Replace(`<iframe src="SITE/f/0" style="width:900px;height:600px;border:0;display:block"></iframe>`, "SITE", []string{"", "@"}[n], 1)
	}
	for name, c := range map[string]struct {
		body   string
		frames []string
	}{
		"main in a locked body":     {`<style>html,body{height:100%;overflow:hidden}main{height:100vh;overflow-y:auto}</style><main>` + far + `</main><script>1</script>`, nil},
		"one line of css":           {`<style>html,body{height:100%;overflow-x:hidden}</style>` + far, nil},
		"body scrolls, html is cut": {`<style>html{overflow:hidden;height:100%}body{height:100%;overflow:auto}</style>` + far, nil},
		"body fixed by a popup":     {`<style>body{position:fixed;width:100%;overflow:hidden}</style>` + far, nil},
		"body fixed and moved":      {`<style>body{position:fixed;width:100%;top:-800px;height:100%;overflow:hidden}</style>` + far, nil},
		"fixed pane":                {`<div style="position:fixed;top:0;height:60px;width:100%;background:#eee">shop</div><div style="position:fixed;inset:60px 0 0 200px;overflow:auto">` + far + `</div><script>1</script>`, nil},
		"grid shell":                {`<style>body{display:grid;grid-template-rows:60px 1fr;height:100vh;overflow:hidden}section{overflow:auto;min-height:0}</style><header>shop</header><section>` + far + `</section>`, nil},
		"flex shell": {`<style>#app{position:fixed;inset:0;display:flex;flex-direction:column}#in{flex:1;min-height:0;overflow-y:scroll}</style>
			<div id=app><div>shop</div><div id=in>` + far + `</div></div>`, nil},
		"absolute layers":                    {`<style>html,body{height:100%}</style><div style="position:absolute;inset:0;overflow:hidden"><div style="position:absolute;inset:0;overflow:auto">` + far + `</div></div>`, nil},
		"a shell of contained parts":         {`<style>body{position:fixed;width:100%;height:100%;overflow:hidden;transform:translateZ(0)}main{position:absolute;inset:0;contain:layout size style;display:flex}section{position:relative;flex:1;contain:size style}</style><main><section><div style="position:absolute;inset:0;overflow:auto">` + far + `</div></section></main>`, nil},
		"scroller in a scroller":             {`<div style="height:500px;overflow:auto"><p>a</p><div style="height:400px;overflow:auto">` + far + `</div><p>b</p></div>`, nil},
		"in a shadow root":                   {`<div id=h></div><script>h.attachShadow({mode:'open'}).innerHTML='<div style="height:600px;overflow:auto">'+document.querySelector('template').innerHTML+'</div>'</script>`, nil},
		"in a closed shadow root":            {`<div id=h></div><script>h.attachShadow({mode:'closed'}).innerHTML='<div style="height:600px;overflow:auto">'+document.querySelector('template').innerHTML+'</div>'</script>`, nil},
		"in a custom element, two deep":      {`<x-a></x-a><script>const r=document.querySelector('x-a').attachShadow({mode:'closed'});r.innerHTML='<p>a</p><div></div>';r.lastChild.attachShadow({mode:'closed'}).innerHTML='<div style="height:600px;overflow:auto">'+document.querySelector('template').innerHTML+'</div>'</script>`, nil},
		"frame":                              {inner(0), []string{far}},
		"frame of another site":              {inner(1), []string{far}},
		"frame in a frame":                   {inner(1), []string{`<iframe src="@/f/1" width=900 height=500></iframe>`, far}},
		"shell in a frame":                   {inner(1), []string{`<style>html,body{height:100%;overflow-x:hidden}</style>` + far}},
		"frame in a scroller":                {`<div style="height:500px;overflow:auto">` + inner(0) + `</div>`, []string{far}},
		"an embedded document":               {`<embed type=text/html src="/f/0" width=900 height=600 style="display:block">`, []string{far}},
		"an embedded one of another site":    {`<embed type=text/html src="@/f/0" width=900 height=600 style="display:block">`, []string{far}},
		"closed, in a frame of another site": {inner(1), []string{`<div id=h></div><div id=t hidden>` + far + `</div><script>h.attachShadow({mode:'closed'}).innerHTML='<div style="height:400px;overflow:auto">'+t.innerHTML+'</div>';t.remove()</script>`}},
		"frameset":                           {`<frameset rows="100%,*" border=0><frame src="/f/0"><frame src="about:blank"></frameset>`, []string{far}},
		"frameset of another site":           {`<frameset rows="100%,*" border=0><frame src="@/f/0"><frame src="about:blank"></frameset>`, []string{far}},
		"frameset of two columns":            {`<frameset cols="500,*" border=0><frame src="@/f/0"><frame src="/f/1"></frameset>`, []string{strings.Split(far, `<div style="height:800px">{3}`)[0], `<div style="height:800px">{3}` + strings.Split(far, `<div style="height:800px">{3}`)[1]}},
		"sections that a wheel moves": {`<style>html,body{height:100%;overflow:hidden}#w{transition:transform .5s}.p{height:100vh}</style><div id=w>` + strings.ReplaceAll(far, `style="height:800px"`, "class=p") +
			`</div><script>let i=0;addEventListener("wheel",e=>{i=Math.max(0,Math.min(5,i+Math.sign(e.deltaY)));w.style.transform='translateY('+-i*100+'vh)'})</script>`, nil},
		"sections shown when the wheel comes to them": {`<style>html,body{height:100%;overflow:hidden}.p{height:100vh}.p img{visibility:hidden}.p.on img{visibility:visible}</style><div id=w>` + strings.ReplaceAll(far, `style="height:800px"`, "class=p") +
			`</div><script>let i=0,busy=0;const all=document.querySelectorAll('.p');all[0].classList.add('on');addEventListener("wheel",e=>{if(busy)return;busy=1;setTimeout(()=>busy=0,900);all[i].classList.remove('on');i=Math.max(0,Math.min(5,i+Math.sign(e.deltaY)));all[i].classList.add('on');w.style.transform='translateY('+-i*100+'vh)'})</script>`, nil},
		"sections filled when the wheel comes to them": {`<style>html,body{height:100%;overflow:hidden}.p{height:100vh}</style><div id=w>` + strings.Repeat(`<div class=p></div>`, 6) +
			`</div><script>let i=0;const all=document.querySelectorAll('.p'),fill=()=>{all[i].innerHTML='<img src="/k/'+i+'" width=400 height=200 style="display:block">';w.style.transform='translateY('+-i*100+'vh)'};fill();addEventListener("wheel",e=>{i=Math.max(0,Math.min(5,i+Math.sign(e.deltaY)));fill()})</script>`, nil},
		"sections that come later": {`<div id=w>a</div><script>setTimeout(()=>{document.head.insertAdjacentHTML('beforeend','<style>html,body{height:100%;overflow:hidden}.p{height:100vh}</style>');w.innerHTML='<div class=p></div>'.repeat(6);
			let i=0;const all=document.querySelectorAll('.p'),fill=()=>{all[i].innerHTML='<img src="/k/'+i+'" width=400 height=200 style="display:block">';w.style.transform='translateY('+-i*100+'vh)'};fill();addEventListener("wheel",e=>{i=Math.max(0,Math.min(5,i+Math.sign(e.deltaY)));fill()})},2500)</script>`, nil},
		"sections that have moved": {`<style>html,body{height:100%;overflow:hidden}.p{height:100vh}</style><div id=w style="transform:translateY(-200vh)">` + strings.ReplaceAll(far, `style="height:800px"`, "class=p") + `</div>`, nil},
		"lazy in a scroller": {`<style>html,body{height:100%;overflow:hidden}main{height:100vh;overflow-y:auto}</style><main>` + far + `</main><script>
			const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting)e.target.src=e.target.dataset.late}));
			document.querySelectorAll('img').forEach(i=>{i.dataset.late=i.src;i.removeAttribute('src');o.observe(i)})</script>`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(c.body, "template") {
				c.body = `<template>` + far + `</template>` + c.body
			}
			wholly(t, 6, c.body, c.frames...)
		})
	}
}

// A wheel that shows something new after all the turns that it is given is said; a page that changes by itself is not.
func TestAWheelWithoutAnEndIsSaid(t *testing.T) {
	const show = `w.innerHTML='<p style="font-size:70px">'+[...String(i)].map(d=>'가나다라마바사아자차'[d]).join('')+' %%</p>'`
	for name, c := range map[string]struct{ script, want string }{
		"forty sections": {`let i=0;const f=()=>{` + show + `};f();addEventListener("wheel",e=>{i=Math.max(0,Math.min(39,i+Math.sign(e.deltaY)));f()})`, "wheel"},
		"by itself":      {`let i=0;const f=()=>{` + show + `;i++};f();setInterval(f,1000)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, site(t, `<style>html,body{height:100%;overflow:hidden}</style><div id=w></div><script>`+c.script+`</script>`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Unseen) > 0 || !strings.Contains(m.Partial, c.want) || c.want == "" && m.Partial != "" {
				t.Errorf("unseen %+v, partial %q", m.Unseen, m.Partial)
			}
		})
	}
}
