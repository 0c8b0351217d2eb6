// What Pageinspect asks of a page to tell whether all of it has come: facts
// only. What they mean is decided in parts.go.
(() => {
  // What roots.go found in elements that keep their shadow root to themselves.
  const closedRoots = Object.hasOwn(globalThis, 'closedRoots') ? globalThis.closedRoots : globalThis.closedRoots = new WeakMap();
  const rootOf = e => e.shadowRoot || closedRoots.get(e) || null;
  const {laterOf} = globalThis; // of script/later.js
  const most = 20000; // elements whose style is looked at; and the pieces of any answer are few
  // key is what an address is known by: no more than its first 500 letters. Those
  // of longer ones that styles name are kept whole beside.
  const longest = 500, wholes = new Map();
  const key = (address, base = document.baseURI) => {
    try {
      const whole = address ? new URL(address, base).href.split('#')[0] : '', cut = whole.slice(0, longest);
      if (whole !== cut && wholes.size < 200 && !whole.startsWith('data:')) wholes.set(cut, whole);
      return cut;
    } catch { return ''; }
  };
  // drawable says whether an address, asked for again, is that of a picture.
  const drawable = address => {
    const i = new Image();
    i.src = wholes.get(address) || address;
    return Promise.race([i.decode().then(() => true, () => false), new Promise(late => setTimeout(() => late(false), 3000))]);
  };
  const urls = value => [...(value || '').matchAll(/url\("((?:[^"\\]|\\.)*)"\)/g)].map(m => key(m[1])).filter(u => !u.startsWith('data:'));

  // each visits the elements of the document, of its shadow roots and of the
  // frames that may be looked into, with the offset of their frame.
  const each = (selector, visit) => {
    let left = most;
    const go = (root, dx, dy) => {
      for (const e of root.querySelectorAll(selector)) {
        if (!--left) return;
        visit(e, dx, dy);
      }
      for (const e of root.querySelectorAll('*')) {
        if (rootOf(e)) go(rootOf(e), dx, dy);
        if (e.localName !== 'iframe' && e.localName !== 'frame' && e.localName !== 'object') continue;
        let inside = null;
        try { inside = e.contentDocument; } catch { /* of another site: asked on its own */ }
        if (!inside || !inside.documentElement) continue;
        const b = e.getBoundingClientRect();
        if (b.width && b.height) go(inside, dx + b.left + e.clientLeft, dy + b.top + e.clientTop);
      }
    };
    go(document, scrollX, scrollY);
  };
  const boxOf = (e, dx, dy) => { const b = e.getBoundingClientRect(); return {x: b.left + dx, y: b.top + dy, w: b.width, h: b.height}; };
  const shown = e => e.checkVisibility({visibilityProperty: true});
  // marks are the words by which a place says what it is for.
  const marks = e => {
    const words = [];
    for (let n = e, up = 0; n && n.getAttribute && up < 3; n = n.parentElement, up++) words.push(n.id, n.getAttribute('class'), n.getAttribute('name'), n.getAttribute('title'));
    return words.filter(Boolean).join(' ').slice(0, 300);
  };

  // picture is an element that shows a picture: its addresses, and whether it does.
  const picture = e => {
    switch (e.localName) {
      case 'img': {
        const {src: later, set} = laterOf(e), waits = later || set.split(/[\s,]/)[0];
        const blank = !e.currentSrc ? !e.getAttribute('src') && !e.srcset : e.currentSrc.startsWith('data:') || e.naturalWidth * e.naturalHeight <= 4;
        if (waits && blank && key(waits, e.baseURI) !== key(e.currentSrc)) return {urls: [key(waits, e.baseURI)], state: 'waiting'};
        const src = key(e.currentSrc || e.getAttribute('src'), e.baseURI);
        if (!src) return null;
        return {urls: [src], state: e.complete && e.naturalWidth ? 'shown' : e.complete ? 'broken' : 'coming'};
      }
      case 'input': return e.type === 'image' ? {urls: [key(e.src)], state: 'unknown'} : null;
      case 'image': return {urls: [key(e.href && e.href.baseVal, e.baseURI)], state: 'unknown'};
      case 'video': return e.poster ? {urls: [key(e.poster)], state: 'unknown'} : null;
      case 'object': if ([...e.children].some(c => c.localName !== 'param' && c.getClientRects().length)) return null; // they stand for it
      case 'embed': return {urls: [key(e.data || e.src)], state: 'unknown'};
    }
    return null;
  };
  const pictured = 'img,input[type=image],image,video[poster],object,embed';
  const painted = e => ['', '::before', '::after'].flatMap(p => { // but for bullets
    const s = getComputedStyle(e, p || undefined);
    return p && s.content === 'none' ? [] : [s.backgroundImage, s.borderImageSource, s.maskImage, s.content].flatMap(urls);
  });
  // unsizedOf is what a style has in the place of an element's content, which is
  // nowhere if it did not come; beside a text it is an icon.
  const unsizedOf = e => e.firstElementChild || /\S/.test(e.textContent) ? [] : ['::before', '::after'].flatMap(p => {
    const s = getComputedStyle(e, p);
    return s.content.includes('url(') && s.position === 'static' ? urls(s.content) : [];
  });
  // A picture without a size of its own says nothing about how large it would be.
  const sized = e => {
    if (e.getAttribute('width') || e.getAttribute('height')) return true;
    const s = e.localName === 'img' && e.computedStyleMap ? e.computedStyleMap() : null;
    return !s || String(s.get('width')) !== 'auto' || String(s.get('height')) !== 'auto';
  };

  const again = new Map(); // pictures that are asked for once more, by address

  globalThis.arriving = {
    // parts lists the elements whose picture is in bad, an object of addresses,
    // or is not shown for another reason; and which of the addresses in came
    // are no pictures that can be drawn; and the objects whose document, of an
    // address in gone, failed, and that have nothing to show in its place.
    async parts(bad, came, gone) {
      scrollTo({top: 0, left: 0, behavior: 'instant'}); // frames are measured from there
      const found = [], named = new Set();
      const add = (e, dx, dy, address, state, ofKnownSize = sized(e)) => {
        named.add(address);
        if (found.length < 500) found.push({url: address, state, box: boxOf(e, dx, dy), shown: shown(e), sized: ofKnownSize, marks: marks(e), handled: e.hasAttribute('onerror')});
      };
      const imgs = new Set(), unsure = []; // elements that do not tell whether they show what came
      each(pictured, (e, dx, dy) => {
        const p = picture(e);
        if (!p) return;
        if (e.localName === 'object' && gone.includes(p.urls[0]) && !e.getBoundingClientRect().height && !/\S/.test(e.textContent) && !e.querySelector('img,embed,object,iframe,video')) {
          const before = found.length;
          add(e, dx, dy, p.urls[0], 'fallen');
          for (const {box} of found.slice(before)) [box.w, box.h] = [e.width, e.height].map(v => parseFloat(v) * (v.endsWith('%') ? 10 : 1) || 0); // it takes no room now
        }
        for (const u of p.urls) {
          if (p.state !== 'unknown') imgs.add(u);
          else if (!(u in bad)) unsure.push([e, dx, dy, u]);
          if (p.state !== 'shown' && p.state !== 'unknown' || u in bad && (p.state !== 'shown' || bad[u])) add(e, dx, dy, u, p.state);
        }
      });
      let rest = came.filter(u => !imgs.has(u));
      if (rest.some(u => u.length >= longest)) { // of which no more is known than how they begin
        each('*', e => painted(e));
        rest = rest.filter(u => u.length < longest || wholes.has(u));
      }
      const undrawn = (await Promise.all(rest.map(async u => await drawable(u) ? '' : u))).filter(Boolean);
      for (const [e, dx, dy, u] of unsure) if (undrawn.includes(u)) add(e, dx, dy, u, 'unknown');
      const want = new Set([...undrawn, ...Object.keys(bad).filter(u => !named.has(u))]);
      if (want.size) each('*', (e, dx, dy) => {
        const unsized = unsizedOf(e);
        for (const u of painted(e)) if (want.has(u)) unsized.includes(u) ? add(e, dx, dy, u, 'broken', false) : add(e, dx, dy, u, 'painted');
      });
      // What a server says is not there may be a picture all the same, and is shown.
      const doubtful = new Set(found.filter(f => f.shown && /painted|unknown/.test(f.state) && bad[f.url] === false).map(f => f.url).slice(0, 50));
      for (const u of doubtful) if (!await drawable(u)) doubtful.delete(u);
      return {found: found.filter(f => !doubtful.has(f.url)), named: [...named], undrawn};
    },

    // retry asks once more for pictures and style sheets that failed; retried
    // then shows those that are painted by a style, which keeps its failure.
    retry(pictures, sheets) {
      const wanted = new Set(pictures), direct = new Set();
      each(pictured, e => {
        const p = picture(e);
        if (!p || !p.urls.some(u => wanted.has(u))) return;
        for (const u of p.urls) direct.add(u);
        if (e.localName === 'img') e.loading = 'eager';
        const name = ['src', 'srcset', 'href', 'poster', 'data'].find(a => e.hasAttribute(a));
        if (name) e.setAttribute(name, e.getAttribute(name));
      });
      each('link[rel~=stylesheet i]', e => { if (sheets.includes(key(e.href))) e.href = e.href; });
      for (const u of wanted) if (!direct.has(u)) { const i = new Image(); i.src = u; again.set(u, i); }
    },
    retried() {
      const good = new Set([...again].filter(([, i]) => i.complete && i.naturalWidth).map(([u]) => u));
      again.clear();
      if (!good.size) return;
      each('*', e => {
        const s = getComputedStyle(e);
        if (urls(s.backgroundImage).some(u => good.has(u))) {
          // The same address in other words is fetched, or found, anew.
          e.style.setProperty('background-image', s.backgroundImage.replace(/url\("([^"#]*)"\)/g, 'url("$1#again")'), 'important');
        }
      });
    },

    // sheets says which of the addresses are style sheets that would be applied;
    // those in gone only where nothing else gives the document its looks: where
    // fewer than enough rules came, and no sheet of another site but for fonts.
    sheets(addresses, gone, enough, fonts) {
      const wanted = new Set(addresses), links = new Set(), applied = [];
      const rules = s => {
        try { return s.cssRules.length; } catch { return wanted.has(key(s.href)) || new RegExp(fonts, 'i').test(s.href) ? 0 : enough; } // of another site
      };
      const needed = (u, root) => !gone.includes(u) || [...root.styleSheets].reduce((n, s) => n + rules(s), 0) < enough;
      each('link', e => {
        const u = key(e.href);
        if (!wanted.has(u)) return;
        links.add(u);
        if (e.relList.contains('stylesheet') && !e.disabled && (!e.media || matchMedia(e.media).matches) && needed(u, e.getRootNode())) applied.push(u);
      });
      return [...new Set([...applied, ...addresses.filter(u => !links.has(u) && needed(u, document))])]; // imported by another sheet, or by a script
    },

    // measure is how much there is: it grows when content comes, and stays
    // about the same when a clock ticks or a ticker turns.
    measure() {
      let chars = 0, pictures = 0;
      const take = d => {
        if (!d.body) return;
        chars += d.body.textContent.length;
        for (const e of d.body.querySelectorAll('script,style,template,noscript')) chars -= e.textContent.length;
        pictures += d.images.length;
        for (const f of d.querySelectorAll('iframe,frame')) { try { if (f.contentDocument) take(f.contentDocument); } catch { /* of another site */ } }
      };
      take(document);
      let height = Math.max(...[document.scrollingElement, document.documentElement, document.body].map(e => e ? e.scrollHeight : 0));
      for (const e of globalThis.pageinspect ? pageinspect.inTurn() : []) { // now it is this, now that
        chars -= e.textContent.length;
        pictures -= e.getElementsByTagName('img').length;
        height -= e.offsetHeight;
      }
      return {chars, pictures, height};
    },

    // content says how much is to be seen, as far as it is little; which places
    // say that they are loading; and which are there to be filled, and empty.
    content() {
      let chars = 0, area = 0;
      const furniture = 'header,nav,footer,[role=navigation],[role=banner],[role=contentinfo]';
      const text = e => (e.innerText || '').replace(/\s+/g, '');
      const filled = e => text(e).length > 20 || [...e.querySelectorAll('img,canvas,video,svg,iframe')].some(i => i.getBoundingClientRect().width > 32 && (i.localName !== 'img' || i.naturalWidth > 2)) ||
        [...e.querySelectorAll('*')].slice(0, 50).some(i => i.getBoundingClientRect().width > 32 && !colourless(getComputedStyle(i).backgroundColor));
      const busy = [], holes = [], controls = 'input:not([type=hidden i]),select,textarea,button,[role=button i],[role=spinbutton i],[class~=button i],[class~=btn i],[class*=-button i],[class*=-btn i],[class*=btn- i]';
      const word = /^((상품|정보|데이터|페이지)?(를|을)?\s*(불러오는|로딩|읽는|연결|준비|처리)\s*중(입니다)?|로딩|(now )?loading|connecting|please wait|잠시만\s*(기다려\s*(주세요|주십시오))?|skeleton)[\s.…·!]*$/i;
      const visit = (d, dx, dy) => {
        if (!d.body) return;
        const walker = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
        for (let n = walker.nextNode(), seen = 0; n && seen < 50000; n = walker.nextNode(), seen++) {
          const t = n.data.trim(), e = n.parentElement;
          if (!t || !e) continue;
          const waits = t.length < 40 && word.test(t);
          if (chars > 2000 && !waits || !e.checkVisibility({visibilityProperty: true, opacityProperty: true}) || e.closest(furniture) || e.closest('button,option')) continue;
          if (waits) { if (busy.length < 20 && !filled(e)) busy.push({why: t, box: boxOf(e, dx, dy)}); } else chars += t.replace(/\s+/g, '').length;
        }
        const clear = colour => /^rgba\(.*, 0\)$/.test(colour); // as styles have what is transparent
        // paints says whether anything of an element is to be seen; one without content may keep room.
        const paints = e => /\S/.test(e.textContent) || [e, ...[...e.querySelectorAll('*')].slice(0, 50)].some(x => {
          if (/^(img|svg|canvas|video|iframe)$/.test(x.localName)) return true;
          const s = getComputedStyle(x);
          return s.backgroundImage !== 'none' || !clear(s.backgroundColor) || s.boxShadow !== 'none' || ['Top', 'Left'].some(side => parseFloat(s[`border${side}Width`]) && !clear(s[`border${side}Color`])) ||
            ['::before', '::after'].some(p => !/^(none|normal)$/.test(getComputedStyle(x, p).content));
        });
        // A control is there already, whatever its name: a stepper of numbers is called
        // a spinner. So is a label called a placeholder; and an uploader loads nothing.
        const lineHeight = 60, control = e => e.matches(controls) || !!e.querySelector(controls);
        const waiting = e => {
          const said = `${e.id} ${e.getAttribute('class') || ''}`.replace(/(up|down)load(er|ing)/gi, '');
          return /^true$/i.test(e.ariaBusy) || /skeleton|shimmer|spinner|loading|loader/i.test(said) || /placeholder/i.test(said) && !text(e);
        };
        const upon = (e, b) => [...e.parentElement ? e.parentElement.querySelectorAll('img') : []].some(i => { // a picture that came
          const p = i.getBoundingClientRect();
          return i.naturalWidth > 2 && p.left <= b.left && p.right >= b.right && p.top <= b.top && p.bottom >= b.bottom;
        }) || e.parentElement && e.parentElement.childElementCount === 1 && getComputedStyle(e.parentElement).backgroundImage.includes('url('); // or a background
        const marked = '[aria-busy=true i],[class*=skeleton i],[class*=shimmer i],[class*=spinner i],[class*=loading i],[class*=loader i],[class*=placeholder i],[id*=skeleton i],[id*=loading i]';
        for (const e of d.querySelectorAll(marked)) {
          if (busy.length >= 20) break;
          if (/^(img|input|textarea|picture|html|body|script|link|source)$/.test(e.localName) || filled(e)) continue;
          if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
          const box = boxOf(e, dx, dy);
          if (box.h <= lineHeight && control(e) || !waiting(e)) continue;
          if (box.w >= 16 && box.h >= 8 && paints(e) && !upon(e, e.getBoundingClientRect())) busy.push({why: marks(e).split(' ').slice(0, 3).join(' '), box});
        }
        // A hole is an empty element that has a name: a script would fill it. A
        // place is one whose name, or size, says that it would be seen.
        const places = /(^|[-_ ])(root|app|main|contents?|details?|desc(ription)?|products?|goods|items?|prd|info|reviews?|view|page|body|__next|__nuxt|panel|article)($|[-_ \d])/i;
        const widgets = /chat|talk|toast|modal|popup|portal|overlay|dialog|banner|track|analytic|gtm|fb-root|kakao|naver|channel|widget|alert|tooltip|clear|spacer|divider|dim|mask|blank|(^|[-_ ])ads?($|[-_ \d])/i;
        for (const e of d.querySelectorAll('div,main,section,article,ul,ol,table,p,span[id]')) {
          if (holes.length >= 20) break;
          const name = (e.id + ' ' + (e.getAttribute('class') || '')).trim();
          if (!name || e.childElementCount || /\S/.test(e.textContent) || widgets.test(name) || !shown(e)) continue;
          const s = getComputedStyle(e), b = boxOf(e, dx, dy);
          if (s.position === 'fixed' || s.position === 'absolute' || s.backgroundImage !== 'none') continue;
          const room = b.w >= 200 && b.h >= 100 && colourless(s.backgroundColor);
          if (e.id || room) holes.push({why: name.slice(0, 60), box: b, place: room || places.test(e.id)});
        }
        let looked = 0;
        for (const e of d.querySelectorAll('img,canvas,video,svg,input[type=image],object,embed,div,section,p,i,b,span,td,li,a')) {
          if (area > 200000 || ++looked > 5000) break;
          const b = e.getBoundingClientRect();
          if (b.width < 32 || b.height < 16 || e.closest(furniture)) continue;
          if (e.localName === 'img' ? e.naturalWidth > 2 : /^(canvas|video|svg|input|object|embed)$/.test(e.localName)) area += b.width * b.height;
          else if (!e.childElementCount) {
            const s = getComputedStyle(e);
            if (s.backgroundImage !== 'none' || !colourless(s.backgroundColor)) area += b.width * b.height;
          }
        }
        for (const f of d.querySelectorAll('iframe,frame')) {
          const b = f.getBoundingClientRect();
          let inside = null;
          try { inside = f.contentDocument; } catch { /* of another site */ }
          if (inside) visit(inside, dx + b.left, dy + b.top); else if (b.width > 200 && b.height > 100) area += b.width * b.height;
        }
      };
      visit(document, scrollX, scrollY);
      return {chars, area, busy, holes};
    },

    // bare says that the page shows nothing at all: neither a letter nor a
    // picture, a control or a colour.
    bare() {
      const filled = /^(img|canvas|video|svg|object|embed|iframe|frame|input|button|select|textarea|meter|progress)$/;
      const white = /^rgb\((25[0-5], ?){2}25[0-5]\)$|^rgba\(.*, 0\)$/;
      let found = false;
      each('*', e => {
        if (found || !e.checkVisibility({visibilityProperty: true, opacityProperty: true}) || /^(script|style|noscript|template)$/.test(e.localName)) return;
        const b = e.getBoundingClientRect();
        if (b.width > 2 && b.height > 2 && filled.test(e.localName) && (e.localName !== 'img' || e.naturalWidth > 2)) found = true;
        else if ([...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && /\S/.test(n.data))) found = true;
        else if (['', '::before', '::after'].some(p => {
          const s = getComputedStyle(e, p || undefined);
          return p && s.content !== 'none' && s.content !== '""' || s.backgroundImage !== 'none' || !white.test(s.backgroundColor);
        })) found = true;
      });
      return !found;
    },

    // wall is the sentence by which a short page says that it is no page, but
    // asks whether a person has come, or turns away who has; empty if it has none.
    wall() {
      const words = new RegExp('just a moment|attention required|access (to this page has been |is )?denied|pardon our interruption|are you (a )?(human|robot)|' +
        '(not|you\'re) a robot|robot or human|human verification|verify(ing)? (that )?you are( a)? human|checking your browser|unusual (traffic|activity)|request unsuccessful\\. incapsula|' +
        '자동\\s?(입력|등록|접속)\\s?방지|보안\\s?문자|비정상적인\\s?(접근|접속|트래픽)|(접근|접속)이\\s?(차단|제한|거부)|로봇이\\s?아닙니다', 'i');
      for (const text of [document.title, document.body ? document.body.innerText.slice(0, 1000) : '']) {
        const line = text.split('\n').find(l => words.test(l));
        if (line) return line.trim().slice(0, 100);
      }
      return '';
    },

    // refresh is where a Refresh header of the value given, else a meta
    // element, leads after how many seconds; null if there is none.
    refresh(header) {
      const values = header ? [header] : [...document.querySelectorAll('meta[http-equiv=refresh i]')].map(m => m.content);
      for (const value of values) { // read as Blink's ParseHTTPRefresh does
        const found = /^\s*([\d.]+)\s*(?:[;,\s]\s*[;,]?\s*(?:url\s*=\s*)?([^]*?)\s*)?$/i.exec(value);
        if (!found) continue;
        let url = '', to = found[2] || '';
        if (/^['"]/.test(to)) { // to the last quote; a quote that is never closed goes for nothing
          const end = to.lastIndexOf(to[0]);
          to = to.slice(1, end > 0 ? end : undefined);
        }
        try { url = to ? new URL(to, document.baseURI).href : ''; } catch { /* it leads nowhere */ }
        return {seconds: parseFloat(found[1]) || 0, url};
      }
      return null;
    },

    // watch begins to note where elements are added or changed; changed is the
    // topmost place, in page coordinates, or -1, since then. What comes in turn is
    // attended to meanwhile; turning says that it deserves more time.
    watch() {
      hold(document);
      pageinspect.attend();
      const top = [];
      arriving.watcher = new MutationObserver(list => { for (const m of list) if (top.length < 500) top.push(m.target); });
      arriving.watcher.observe(document, {childList: true, subtree: true});
      arriving.touched = top;
      return {...arriving.measure(), y: -1};
    },
    changed() {
      if (!arriving.watcher) return {...arriving.measure(), y: -1}; // of another document
      const turning = pageinspect.attended();
      for (const m of arriving.watcher.takeRecords()) arriving.touched.push(m.target);
      if (!turning) arriving.watcher.disconnect();
      let y = -1;
      for (const e of arriving.touched) {
        if (!e.isConnected || !e.getBoundingClientRect) continue;
        const b = e.getBoundingClientRect(), at = Math.max(0, b.top + scrollY);
        if (b.height && (y < 0 || at < y)) y = at;
      }
      return {...arriving.measure(), y, turning};
    },

    // source is how long the source of this document is, and how it ends, when it
    // is asked for again, as far as it comes within 5 s.
    source: () => new Promise(done => {
      const ask = new XMLHttpRequest();
      let text = '';
      ask.onreadystatechange = () => { if (ask.readyState === ask.LOADING) text = ask.responseText; }; // which an error empties
      ask.onloadend = () => { text = ask.responseText || text; done({bytes: text.length, end: text.slice(-500)}); };
      ask.timeout = 5000;
      ask.open('GET', location.href);
      ask.overrideMimeType('text/plain; charset=windows-1252'); // a letter a byte
      ask.send();
    }),

    // drawn says whether the page is drawn within a second.
    drawn: () => new Promise(done => { requestAnimationFrame(() => done(true)); setTimeout(() => done(false), 1000); }),

    // fonts waits for at most n frames until the page's fonts are there.
    async fonts(n) {
      while (n-- && document.fonts.status === 'loading') await new Promise(done => requestAnimationFrame(done));
    },
  };

  // hold pauses what ends by itself in another look than it has: an animation
  // does not stand still with the page's time, and would be past its end after it.
  function hold(root) {
    for (const a of root.getAnimations()) {
      if (a.playState !== 'running' || a instanceof CSSTransition || !(a.timeline instanceof DocumentTimeline)) continue;
      const {endTime, fill} = a.effect.getComputedTiming();
      if (endTime !== Infinity && (fill === 'none' || fill === 'backwards')) a.pause();
    }
    for (const e of root.querySelectorAll('*')) if (rootOf(e)) hold(rootOf(e));
  }

  function colourless(c) {
    const m = /rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)/.exec(c);
    if (!m) return true;
    const [r, g, b] = m.slice(1, 4).map(Number);
    return m[4] === '0' || Math.max(r, g, b) - Math.min(r, g, b) < 24;
  }
})();
