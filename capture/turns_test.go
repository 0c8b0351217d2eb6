package capture

import (
	"strings"
	"testing"
	"time"
)

// What a page shows one at a time is drawn one below the other, each once.
func TestSlidesAndPanels(t *testing.T) {
	const each = `<div class=s>{0}</div><div class=s>{1}</div><div class=s>{2}</div><div class=s>{3}</div>`
	row := func(css string) string {
		return `<style>` + css + `</style><div class=v><div class=w>` + each + `</div></div>{4}`
	}
	panels := func(css string) string {
		return `<style>` + css + `</style>{0}<div id=detail class=t>{1}<p>%%</div><div id=review class=t>{2}<p>%% %%</div><div id=qna class=t>{3}<p>%% %% %%</div>{4}`
	}
	for name, body := range map[string]string{
		"overflow":                       row(`.v{width:400px;overflow-x:auto}.w{display:flex;width:max-content;scroll-snap-type:x mandatory}.s{flex:0 0 400px}`),
		"overflow, inline":               row(`.v{width:400px;overflow:hidden}.w{white-space:nowrap;font-size:0}.s{display:inline-block;width:400px}`),
		"overflow, floats":               row(`.v{width:400px;overflow:hidden}.w{width:2000px}.s{float:left;width:400px}`),
		"overflow, grid":                 row(`.v{width:400px;overflow-x:scroll}.w{display:grid;grid-auto-flow:column;grid-auto-columns:400px}`),
		"the viewport is the row":        `<div style="display:flex;overflow-x:auto;width:400px">` + strings.ReplaceAll(each, "class=s", `style="flex:0 0 400px"`) + `</div>{4}`,
		"transform":                      row(`.v{width:400px;height:200px;overflow:hidden}.w{display:flex;transform:translate3d(-400px,0,0)}.s{flex:0 0 400px}`),
		"transform, three shown":         `<style>.v{width:1200px;height:220px;overflow:hidden}.w{display:flex;transform:translateX(-100px)}.s{flex:0 0 400px}</style><div class=v><div class=w>` + each + `</div></div>{4}`,
		"clones on both ends":            `<style>.v{width:400px;height:200px;overflow:hidden}.w{display:flex;transform:translateX(-400px)}.s{flex:0 0 400px}</style><div class=v><div class=w><div class="s swiper-slide-duplicate" aria-hidden=true>{3}</div>` + each + `<div class="s swiper-slide-duplicate" aria-hidden=true>{0}</div></div></div>{4}`,
		"absolute, moved by left":        `<style>.v{position:relative;width:400px;height:200px;overflow:hidden}.s{position:absolute;top:0}</style><div class=v><div class=s style="left:0">{0}</div><div class=s style="left:100%">{1}</div><div class=s style="left:200%">{2}</div><div class=s style="left:-100%">{3}</div></div>{4}`,
		"vertical":                       row(`.v{width:400px;height:200px;overflow:hidden}.w{transform:translateY(-200px)}`),
		"fading":                         row(`.w{position:relative;height:200px;width:400px}.s{position:absolute;inset:0;opacity:0}.s:nth-child(2){opacity:1}`),
		"upon each other":                row(`.w{position:relative;height:200px;width:400px}.s{position:absolute;top:0;left:0}`),
		"upon each other in a grid":      row(`.w{display:grid}.s{grid-area:1/1}`),
		"one displayed":                  row(`.s{display:none}.s:nth-child(2){display:block}`),
		"hidden by visibility":           row(`.w{position:relative;height:200px}.s{position:absolute;visibility:hidden}.s:nth-child(3){visibility:visible}`),
		"turned by a script":             `<style>.s{display:none}.s.on{display:block}</style><div>` + each + `</div>{4}<script>let n=0;const all=document.querySelectorAll('.s');const f=()=>all.forEach((e,i)=>e.classList.toggle('on',i==n%4));f();setInterval(()=>{n++;f()},70)</script>`,
		"turned by css":                  row(`.w{position:relative;height:200px;width:400px}.s{position:absolute;inset:0;opacity:0;animation:x 8s infinite}.s:nth-child(2){animation-delay:2s}.s:nth-child(3){animation-delay:4s}.s:nth-child(4){animation-delay:6s}@keyframes x{0%,25%{opacity:1}30%,95%{opacity:0}100%{opacity:1}}`),
		"moved by css":                   row(`.v{width:400px;height:200px;overflow:hidden}.w{display:flex;animation:x 8s infinite steps(1)}.s{flex:0 0 400px}@keyframes x{0%{transform:none}25%{transform:translateX(-400px)}50%{transform:translateX(-800px)}75%{transform:translateX(-1200px)}}`),
		"lazy slides":                    row(`.v{width:400px;overflow:hidden}.w{display:flex}.s{flex:0 0 400px}`) + `<script>document.querySelectorAll('.s img').forEach((i,n)=>{if(n){i.dataset.src=i.src;i.removeAttribute('src')}})</script>`,
		"slides whose pictures are data": row(`.w{position:relative;height:200px;width:400px}.s{position:absolute;inset:0;opacity:0}.s:nth-child(2){opacity:1}`) + `<script>document.querySelectorAll('.s img').forEach(async i=>{const r=new FileReader();r.onload=()=>i.src=r.result;r.readAsDataURL(await(await fetch(i.src)).blob())})</script>`,
		"native lazy slides":             strings.ReplaceAll(row(`.v{width:400px;overflow:hidden;margin-top:4000px}.w{display:flex}.s{flex:0 0 400px}`), `{`, "{"),

		"clamped by max-height":                           `<div style="max-height:150px;overflow:hidden">{0}{1}</div>{2}<div style="height:120px;overflow:hidden"><div>{3}{4}</div></div>`,
		"clamped, with a fade":                            `<div style="position:relative;max-height:150px;overflow:hidden">{0}{1}{2}{3}<div style="position:absolute;bottom:0;height:60px;width:100%;background:linear-gradient(transparent,#fff)"></div></div><button>상품정보 더보기</button>{4}`,
		"clamped lines":                                   `{0}{1}{2}{3}<p style="display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;width:300px">%% %% %% %%</p>{4}`,
		"closed details":                                  `{0}<details><summary>more</summary>{1}</details><details name=a open><summary>a</summary>{2}</details><details name=a><summary>b</summary>{3}</details>{4}`,
		"tabs by address":                                 panels(`.t{display:none}.t:target{display:block}`),
		"tabs by class":                                   panels(`.t{display:none}#detail{display:block}`),
		"tabs by attribute":                               strings.ReplaceAll(panels(``), "class=t", "class=t hidden"),
		"tabs by role":                                    `{0}<div role=tabpanel>{1}</div><div role=tabpanel hidden>{2}</div><div role=tabpanel style="display:none">{3}</div>{4}`,
		"tabs by radio buttons":                           `<style>.p{display:none}#a:checked~.a,#b:checked~.b{display:block}</style>{0}<div><input type=radio name=r id=a checked><input type=radio name=r id=b><div class="p a">{1}</div><div class="p b tab_cont">{2}</div></div>{3}{4}`,
		"behind a button that says more":                  `{0}<button onclick="a.style.display='block'">상품정보 더보기</button><div id=a style="display:none">{1}</div>{2}<div class=x><div id=b hidden>{3}</div></div><div class=y><span class=btn>펼쳐보기 ▼</span></div>{4}`,
		"behind its header":                               `{0}<h3 onclick="this.nextElementSibling.hidden^=1">배송 안내</h3><div hidden>{1}</div><dl><dt><button>교환 및 반품</button></dt><dd style="display:none">{2}</dd></dl><ul><li><a href="#">사용법</a><div style="display:none">{3}</div></ul>{4}`,
		"found by a search of the page":                   `{0}<p>%%</p><div hidden=until-found>{1}</div><p>%%</p><div hidden=until-found>%%{2}</div>{3}{4}`,
		"rows of a table behind a button":                 `<table cellspacing=0><tr><td>{0}<tr class=more style="display:none"><td>{1}<tr class=more style="display:none"><td>{2}</table><button>더보기</button>{3}{4}`,
		"panels far to the left":                          `<style>.p{position:absolute;left:-9999px;width:400px}.p.on{position:static}</style><ul role=tablist><li><a href="#a">a</a><li><a href="#b">b</a></ul><div class="p on" id=a>{0}</div><div class=p id=b>{1}</div>{2}{3}{4}`,
		"upon each other by left":                         row(`.w{width:1600px}.v{width:400px;overflow:hidden}.s{float:left;position:relative;opacity:0}.s:nth-child(2){left:-400px}.s:nth-child(3){left:-800px;opacity:1}.s:nth-child(4){left:-1200px}`),
		"upon each other by transform":                    row(`.v{width:400px;overflow:hidden}.w{display:flex}.s{flex:0 0 400px;opacity:0}.s:nth-child(1){opacity:1}.s:nth-child(2){transform:translate3d(-400px,0,0)}.s:nth-child(3){transform:translate3d(-800px,0,0)}.s:nth-child(4){transform:translate3d(-1200px,0,0)}`),
		"upon each other by a margin":                     row(`.w{width:400px;overflow:hidden}.w::after{content:"";display:block;clear:both}.s{float:left;width:100%;margin-right:-100%;display:none;opacity:0}.s:nth-child(2){display:block;opacity:1}`),
		"two at a time, of four":                          row(`.w{position:relative;height:200px;width:400px}.s{position:absolute;inset:0;display:none}.s:nth-child(2),.s:nth-child(3){display:block}`),
		"sides turned in a row":                           row(`.v{width:400px;perspective:800px}.w{display:flex;transform-style:preserve-3d}.s{flex:0 0 400px;backface-visibility:hidden}.s:nth-child(2){transform:translate3d(-400px,0,0) rotateY(180deg)}.s:nth-child(3){transform:translate3d(-800px,0,0) rotateY(180deg)}.s:nth-child(4){transform:translate3d(-1200px,0,0) rotateY(180deg)}`),
		"arrows and dots beside the track":                `<style>.v{position:relative;width:400px;overflow:hidden}.w{display:flex;transform:translateX(-400px)}.s{flex:0 0 400px}.n{position:absolute;top:80px;width:27px;height:44px}.d{position:absolute;bottom:0;width:100%;height:12px}</style><div class=v><div class=w><div class="s copy">{3}</div>` + each + `<div class="s copy">{0}</div></div><div class="n p"></div><div class="n q" style="right:0"></div><div class=d></div></div>{4}`,
		"arrows beside a track to the left":               `<style>.v{position:relative;width:400px;overflow:hidden}.w{display:flex}.s{flex:0 0 400px}.n{position:absolute;top:80px;width:27px;height:44px}</style><div dir=rtl><div class=v><div class=w>` + each + `</div><div class="n p"></div></div></div>{4}`,
		"slotted in a track with arrows":                  `<x-v style="display:block;width:1250px">` + strings.ReplaceAll(each, "div", "x-s") + `</x-v>{4}<script>customElements.define('x-v',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<style>::slotted(x-s){display:block;flex:0 0 1250px}</style><div style="position:relative;width:1250px;overflow:hidden"><div class=w style="display:flex"><slot></slot></div><div class=n style="position:absolute;top:80px;width:27px;height:44px"></div></div>'}})</script>`,
		"sides of a cube, all round":                      `<style>.v{width:400px;perspective:1200px}.w{position:relative;display:flex;transform-style:preserve-3d}.s{flex:0 0 400px;transform-origin:0 0}.s:nth-child(2){transform:rotateY(90deg) translate3d(0,0,400px)}.s:nth-child(3){transform:rotateY(180deg) translate3d(400px,0,400px)}.s:nth-child(4){transform:rotateY(360deg) translate3d(-1200px,0,0)}.shadow{position:absolute;left:0;bottom:-60px;width:400px;height:100px;background:#000}</style><div class=v><div class=w>` + each + `<div class=shadow></div></div></div><div style="height:80px"></div>{4}`,
		"slotted in panels that are closed":               `{0}<x-p><div>{1}</div></x-p><x-p><div>{2}</div></x-p><x-p><img slot=of src=/k/3 width=400 height=200 style="display:block"></x-p>{4}<script>customElements.define('x-p',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<button>질문</button><div id=content style="display:none"><slot></slot><slot name=of></slot></div>'}})</script>`,
		"one displayed, out of the flow":                  row(`.w{position:relative;width:400px;height:200px}.s{position:absolute;display:none;z-index:0}.s:nth-child(2){display:block;z-index:50}`),
		"told apart by what they do":                      `<style>.w{position:relative;width:400px;height:200px}.s{position:absolute;left:-100%;width:400px}.rest{opacity:0}.s.out,.s.in{left:0}</style><div class=w><div class="s rest">{0}</div><div class="s out">{1}</div><div class="s in" style="position:relative;left:auto">{2}</div><div class="s rest">{3}</div><div class="s rest copy">{0}</div></div>{4}`,
		"in the middle of a turn":                         `<style>.v{width:400px;overflow:hidden}.v::after{content:"";display:block;clear:both}.s{float:left;width:100%;margin-right:-100%;display:none}.active,.s-next{display:block}.active.s-start{transform:translateX(-100%)}</style><div class=v><div class="s active s-start">{0}</div><div class="s s-next s-start">{1}</div><div class=s>{2}</div><div class=s>{3}</div></div>{4}`,
		"backgrounds kept for later":                      `<style>.v{width:400px;overflow:hidden}.w{display:flex}.s{flex:0 0 400px;height:200px}.spinner{width:40px;height:40px;margin:80px auto;border:4px solid #000}</style><div class=v><div class=w><div class=s style="background:url(/k/0)"></div><div class=s data-background=/k/1><i class=spinner style="display:block"></i></div><div class=s data-background=/k/2></div><div class=s data-background=/k/3></div></div></div>{4}<script>0</script>`,
		"before and after, each clipped":                  `<style>.c{position:relative;width:400px;height:200px;overflow:hidden}.c div{position:absolute;top:0}.a{clip:rect(0,200px,200px,0)}.b{clip:rect(0,400px,200px,200px)}</style><div class=c><div style="z-index:2" class=a>{0}</div><div class=b>{1}</div></div><div style="height:300px"></div><div class=c><div style="z-index:2" class=a>{2}</div><div class=b>{3}</div></div>{4}`,
		"before over after, clipped in a layer":           `<div style="position:relative;width:400px;overflow:hidden"><div>{0}</div><div style="position:absolute;left:0;top:0;width:100%;height:100%"><div style="overflow:hidden;height:100%"><div style="clip-path:inset(0 50% 0 0);height:100%">{1}</div></div></div></div>{2}{3}{4}`,
		"a pile of cards":                                 row(`.v{width:400px}.w{display:flex}.s{flex:0 0 400px;position:relative}.s:nth-child(2){transform:translate3d(-380px,0,-100px) rotateZ(2deg)}.s:nth-child(3){transform:translate3d(-765px,0,-200px) rotateZ(4deg)}.s:nth-child(4){transform:translate3d(-1150px,0,-300px) rotateZ(6deg)}`),
		"vertical, with clones":                           `<style>.v{width:400px;height:200px;overflow:hidden}.w{transform:translate3d(0,-200px,0)}</style><div class=v><div class=w><div class="s clone">{3}</div>` + each + `<div class="s clone">{0}</div></div></div>{4}`,
		"slides that load late, with clones":              `<style>.v{width:400px;overflow:hidden}.w{display:flex;transform:translateX(-400px)}.s{flex:0 0 400px}</style><div class=v><div class=w><div class="s clone">{3}</div>` + each + `<div class="s clone">{0}</div></div></div>{4}<script>document.querySelectorAll('.s img').forEach((i,n)=>{if(n!=1){i.dataset.lazy=i.getAttribute('src');i.removeAttribute('src')}})</script>`,
		"before and after by a clip-path":                 `<div style="position:relative;width:400px;height:200px">{0}<div style="position:absolute;inset:0;clip-path:inset(0 0 0 50%)">{1}</div></div>{2}{3}{4}`,
		"a style's texts and pictures, cut off":           `<style>.a::after{content:url(/k/0);display:block;height:200px}.b::after{content:"";display:block;width:400px;height:200px;background:url(/k/1)}</style><div class=a style="height:100px;overflow:hidden"></div><div class=b style="height:100px;overflow:hidden"></div>{2}{3}{4}`,
		"clipped by containment":                          `<div style="contain:paint;height:150px">{0}{1}</div>{2}{3}{4}`,
		"tabs by radio buttons, without names":            `<style>.w>section{display:none}#a:checked~.a,#b:checked~.b,#c:checked~.c{display:block}</style><div class=w><input type=radio name=r id=a checked><input type=radio name=r id=b><input type=radio name=r id=c><section class=a>{0}</section><section class=b>{1}</section><section class=c>{2}</section></div>{3}{4}`,
		"closed by more than height":                      `<style>.p{height:0}</style>{0}<button>배송 안내</button><div class=p style="opacity:0">{1}</div><button>교환 및 반품</button><div class=p style="visibility:hidden">{2}</div><button>사용법</button><div class=p style="transform:scaleY(0)">{3}</div>{4}`,
		"closed by a scale, or a clip-path, in its place": `{0}<button>배송 안내</button><div style="transform:scaleY(0);transform-origin:top">{1}</div><button>사용법</button><div style="clip-path:inset(0 0 100% 0)">{2}</div>{3}{4}`,
		"slots of closed parts":                           `<x-d>{0}</x-d><x-p>{1}</x-p>{2}{3}{4}<script>const make=(n,h)=>customElements.define(n,class extends HTMLElement{constructor(){super();this.attachShadow({mode:'open'}).innerHTML=h}});make('x-d','<details><summary>a</summary><slot></slot></details>');make('x-p','<button aria-controls=p>상품 설명</button><div id=p style="display:none"><slot></slot></div>')</script>`,
		"a frame in a hidden tab":                         `{0}<a href="#d">상세</a><div id=d class=tab_cont style="display:none"><iframe srcdoc="<body style=margin:0><img src=/k/1 width=400 height=200>" width=400 height=200 style="border:0;display:block"></iframe></div>{2}{3}{4}`,
		"sides of a cube":                                 `<style>.s{position:absolute;inset:0;backface-visibility:hidden}</style><div style="width:400px;height:200px;perspective:800px;position:relative"><div style="transform-style:preserve-3d;position:absolute;inset:0"><div class=s>{0}</div><div class=s style="transform:rotateY(90deg) translateZ(200px)">{1}</div><div class=s style="transform:rotateY(180deg)">{2}</div><div class=s style="transform:rotateY(270deg)">{3}</div></div></div>{4}`,
		"before and after":                                `<div style="position:relative;width:400px;height:200px">{0}<div style="position:absolute;inset:0;width:50%;overflow:hidden">{1}</div></div>{2}{3}{4}`,
		"before and after, two backgrounds":               `<style>.h{position:absolute;top:0;width:200px;height:200px;background-size:400px 200px}</style><div style="position:relative;width:400px;height:200px"><div class=h style="left:0;background-image:url(/k/0)"></div><div class=h style="right:0;background-image:url(/k/1);background-position:right"></div></div>{2}{3}{4}`,
		"before and after, over a background":             `<div style="position:relative;width:400px;height:200px;background:url(/k/0)"><div style="position:absolute;inset:0;width:50%;background:url(/k/1) 0/400px 200px"></div></div>{2}{3}{4}`,
		"before and after, one that is cropped":           `<div style="position:relative;width:400px;height:200px">{0}<img src=/k/1 style="position:absolute;left:0;top:0;width:200px;height:200px;object-fit:cover;object-position:left"></div>{2}{3}{4}`,
		"pictures of colours by radio buttons":            `<style>.p{display:none}#a:checked~.pa,#b:checked~.pb{display:block}</style><div><input type=radio name=c id=a checked><input type=radio name=c id=b><img class="p pa" src=/k/0 width=400 height=200><img class="p pb" src=/k/1 width=400 height=200></div>{2}{3}{4}`,
		"slides in shadow roots of their own":             `<x-s></x-s>{4}<script>customElements.define('x-s',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<style>.v{width:400px;overflow:hidden}.w{display:flex}.w>*{flex:0 0 400px}</style><div class=v><div class=w>'+[0,1,2,3].map(n=>'<x-i n='+n+'></x-i>').join('')+'</div></div>'}});customElements.define('x-i',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<img src=/k/'+this.getAttribute('n')+' width=400 height=200 style="display:block">'}})</script>`,
		"numbered slides of radio buttons beside them":    `<style>.s{display:none}#i1:checked~.w .s1,#i2:checked~.w .s2,#i3:checked~.w .s3{display:block}</style><div><input type=radio name=i id=i1 checked hidden><input type=radio name=i id=i2 hidden><input type=radio name=i id=i3 hidden><div class=w><div class="s s1">{0}</div><div class="s s2">{1}</div><div class="s s3">{2}</div></div></div>{3}{4}`,
		"a marquee of pictures":                           `<marquee>{0}</marquee><marquee direction=up height=200 width=400>{1}{2}</marquee>{3}{4}`,
		"clipped by a shape of its own":                   `<svg width=0 height=0 style="display:block"><clipPath id=c><rect width=400 height=90 /></clipPath></svg><div style="clip-path:url(#c);width:400px">{0}</div><div style="clip-path:path('M0 0H400V80H0Z');width:400px">{1}</div>{2}{3}{4}`,
		"skipped, with the room for it":                   `{0}<div style="height:1500px"></div><section style="content-visibility:hidden;contain-intrinsic-size:0 200px">{1}</section>{2}<section id=s style="contain-intrinsic-size:0 200px">{3}</section>{4}<script>new IntersectionObserver(es=>es.forEach(e=>{s.style.contentVisibility=e.isIntersecting?'visible':'hidden'})).observe(s)</script>`,
		"behind a label":                                  `<style>.c{display:none}input:checked~.c{display:block}</style>{0}<div><input type=checkbox id=q><label for=q>전체보기</label><div class=c>{1}</div></div>{2}{3}{4}`,
		"an accordion, all closed":                        `{0}<div class=faq><button aria-controls=x1>a</button><div id=x1 style="height:0;overflow:hidden">{1}</div><button>b</button><div style="max-height:0;overflow:hidden">{2}</div></div>{3}{4}`,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "native lazy slides" {
				body += `<script>0</script>`
				body = strings.ReplaceAll(casePage(body), "<img ", "<img loading=lazy ")
			}
			wholly(t, 5, body)
		})
	}
}

// What a click drops over the page, or what is no part of what the page tells, stays closed.
func TestWhatAClickDropsStaysClosed(t *testing.T) {
	for name, body := range map[string]string{
		"lists that a button drops":  `<div style="position:relative"><button>옵션 선택</button><ul class=options style="display:none">%% %% %%{2}</ul></div><div><button>공유</button><div class=share_box style="display:none">%% %% %%{3}</div></div>`,
		"menus of links":             `<ul><li><a href="#">여성 의류</a><div style="display:none"><a href=/a>%% %%</a><a href=/b>%% %% %%{2}</a></div></ul><p>%%</p><div style="display:none">%% %% %%{3}</div>`,
		"forms":                      `<button>상품 문의하기</button><form style="display:none">%% %% %%{2}<textarea></textarea></form><button>로그인</button><div class=layer_login style="display:none">%% %% %%{3}</div>`,
		"menus closed by a shape":    `<div style="position:relative;height:50px;margin:20px">분류<div style="position:absolute;top:50px;background:#fff;clip-path:inset(0 0 100% 0)">%% %%{2}</div></div><div style="position:relative;height:50px">분류<div style="position:absolute;top:50px;transform:scaleY(0);transform-origin:top">%% %%{3}</div></div>`,
		"what a card turns round to": `<div style="position:relative;width:400px;height:200px"><div style="position:absolute;inset:0;backface-visibility:hidden;background:#eee">앞면</div><div style="position:absolute;inset:0;backface-visibility:hidden;transform:perspective(800px) rotateY(180deg)">뒷면</div></div><p style="opacity:0;position:absolute">%% %%</p>`,
		"over the page":              `<button>사이즈 표</button><div style="display:none;position:absolute;left:0;top:0">%% %% %%{2}</div><button>더보기</button><dialog>%% %% %%{3}</dialog>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, site(t, `{0}`+body+`{1}`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, m, mem.Objects())
			if got[0] < .9 || got[1] < .9 || got[2] > 0 || got[3] > 0 || len(m.Unseen) > 0 {
				t.Errorf("of the pictures is shown %v; want the first two alone; unseen %+v", got, m.Unseen)
			}
		})
	}
}
