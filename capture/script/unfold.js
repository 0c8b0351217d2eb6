// Opening what scrolls, clips, and turns over: so that the page is drawn with
// all that a shopper comes to see of it by scrolling inside of it, swiping, and
// asking for more.

// across is how far an item reaches out of a clip, to each side.
const across = (item, clip) => ({left: clip.x0 - item.x0, up: clip.y0 - item.y0, right: item.x1 - clip.x1, down: item.y1 - clip.y1});

// release lets an element be as high as what is in it.
const release = e => {
  e.scrollTop = e.scrollLeft = 0;
  const style = getComputedStyle(e), {height: was} = e.getBoundingClientRect();
  const styles = {overflow: 'visible', 'max-height': 'none', height: 'auto', 'max-block-size': 'none', '-webkit-line-clamp': 'none', contain: 'none', 'mask-image': 'none'};
  if (style.display === '-webkit-box') styles.display = 'block';
  set(e, styles);
  if (was > 8) set(e, {'min-height': was + 'px'});
  const pictured = ['::before', '::after'].some(p => getComputedStyle(e, p).backgroundImage.includes('url('));
  if (!pictured) e.setAttribute('data-pageinspect', 'open'); // what fades its end is taken away
  unshade(e);
};

// unshade takes away what fades the end of a text out, or a slide that is turned away.
const unshade = e => {
  for (const c of childrenOf(e)) {
    const own = getComputedStyle(c), named = /shadow|shade|dim/.test(c.className);
    if (own.position !== 'absolute' || !named && !own.backgroundImage.includes('gradient') || rich(c)) continue;
    set(c, named && !c.firstChild ? {display: 'none'} : {background: 'none'});
  }
};

// unbind puts on the page what is fixed to the window.
const unbind = e => {
  if (e === e.ownerDocument.body || e === e.ownerDocument.documentElement) return set(e, {position: 'static', height: 'auto', overflow: 'visible'});
  const b = e.getBoundingClientRect();
  set(e, {position: 'absolute', inset: 'auto', top: b.top + scrollY + 'px', left: b.left + scrollX + 'px', width: b.width + 'px', margin: '0'});
  const is = e.getBoundingClientRect();
  set(e, {top: 2 * b.top - is.top + scrollY + 'px', left: 2 * b.left - is.left + scrollX + 'px'});
};

// loosen lets all around an element grow with it.
const loosen = e => {
  for (let a = flatParent(e); a; a = flatParent(a)) {
    const style = getComputedStyle(a);
    if (style.display === 'inline' || style.display === 'contents') continue;
    const {height} = a.getBoundingClientRect();
    if (style.position === 'fixed') unbind(a);
    if (a.scrollHeight > a.clientHeight + 1 || style.overflowY !== 'visible') {
      set(a, {height: 'auto', 'max-height': 'none'});
      if (/layout|size|strict|content/.test(style.contain)) set(a, {contain: 'none'}); // what reaches out of it would not count as the page's
      if (a !== a.ownerDocument.body && a !== a.ownerDocument.documentElement) set(a, {'min-height': height + 'px'});
    }
  }
};

// childrenOf are the elements in one as it is drawn: those of its shadow root, and what is slotted there.
const childrenOf = e => [...(rootOf(e) || e).children].flatMap(c => c.localName === 'slot' ? c.assignedElements() : [c]);

// slidesIn finds the elements that lie beside or upon each other in a clip: the
// children of the first element in it that has more than one of some size. Arrows,
// dots and captions beside a track are no slides: all that is cut off is in the track.
const slidesIn = (e, items) => {
  for (let at = e; at; ) {
    const all = childrenOf(at).filter(c => c.offsetWidth * Math.max(c.offsetHeight, c.scrollHeight) >= 400); // floats give no height
    const cut = all.filter(c => items.some(i => i.e !== c && liesIn(i.e, c))), track = cut.length === 1 && !all.some(c => c !== cut[0] && kindOf(c) === kindOf(cut[0])) ? cut[0] : null;
    if (all.length > 1 && !track) return {track: at, slides: all};
    at = track || all[0];
  }
  return null;
};
const liesIn = (e, around) => { while (e && e !== around) e = flatParent(e); return !!e; };

const resolved = (address, e) => { try { return new URL(address, e.baseURI).href; } catch { return address; } };

// slottedIn lists what is slotted within an element of a shadow root.
const slottedIn = e => [...e.querySelectorAll('slot')].flatMap(s => s.assignedElements());

// contentOf is what an element holds, as a key: clones of a slide have the same.
const contentOf = e => {
  const parts = [];
  const slotted = slottedIn(e), roots = [...rootsIn(e), ...slotted];
  for (const x of [e, ...e.querySelectorAll('*'), ...slotted, ...roots.flatMap(r => [...r.querySelectorAll('*')])]) {
    const waits = x.localName === 'img' && (!x.naturalWidth || blank(x)) && (laterOf(x).src || laterOf(x).set.split(/[\s,]/)[0]);
    const src = waits ? resolved(waits, x) : x.localName === 'svg' ? x.innerHTML : pictureOf(x) || x.localName === 'img' && x.src;
    if (src || laterGround(x)) parts.push(src || laterGround(x)); // loaded or not
  }
  return parts.join(' ') + ' ' + [e, ...roots].map(r => r.textContent.replace(/\s+/g, '')).join(' ');
};

// stack lays slides out one after the other, in rows as wide as the clip, each once.
const doubles = new WeakSet(), stacked = new WeakSet(); // which it left out, and laid out
const stack = (clip, track, slides) => {
  const width = clip.clientWidth || clip.getBoundingClientRect().width, known = new Set();
  mind(clip, slides);
  const sizes = slides.map(e => ({w: e.offsetWidth || width, h: e.offsetHeight}));
  for (let e = track; e && e !== clip; e = flatParent(e)) set(e, {transform: 'none', translate: 'none', position: 'relative', inset: 'auto', margin: '0', width: 'auto', height: 'auto', 'max-height': 'none', overflow: 'visible', float: 'none'});
  if (track === clip) set(track, {height: 'auto', overflow: 'visible', 'max-height': 'none'});
  set(track, {display: 'flex', 'flex-flow': 'row wrap', 'align-items': 'flex-start', 'white-space': 'normal', width: width + 'px', 'scroll-snap-type': 'none'});
  slides.forEach((e, i) => {
    const content = contentOf(e);
    if (known.has(content)) { doubles.add(e); return set(e, {display: 'none'}); }
    known.add(content);
    stacked.add(e);
    const display = getComputedStyle(e).display;
    set(e, {
      position: 'relative', inset: 'auto', transform: 'none', translate: 'none', scale: 'none', opacity: 1, visibility: 'visible', float: 'none',
      flex: 'none', width: Math.min(sizes[i].w, width) + 'px', 'margin-left': '0', 'margin-right': '0', 'clip-path': 'none', 'z-index': 'auto',
    });
    if (display === 'none') set(e, {display: 'block'});
    if (sizes[i].h) set(e, {'min-height': sizes[i].h + 'px'});
    unshade(e);
  });
  unshade(track);
};

// once leaves each of what a track moves past its clip in the page once: the others are clones.
const once = slides => {
  const known = new Set();
  for (const e of slides) {
    const content = contentOf(e);
    if (known.has(content)) { doubles.add(e); set(e, {display: 'none'}); }
    known.add(content);
  }
};

// open undoes what cuts a group of items off; it says whether there was anything to do.
const opened = new Map();
const open = g => {
  const e = g.clip.e || g.clip.owner || g.fixed;
  const times = opened.get(e) || 0;
  if (!e || times >= 2) return false;
  opened.set(e, times + 1);
  if (g.clip.owner) return openFrame(e);
  if (!g.clip.e) { unbind(e); return true; }
  if (g.clip.path) {
    set(e, {'clip-path': 'none', clip: 'auto'});
    for (let a = e, up = 0; a && up < 4; a = flatParent(a), up++) layBelow(a, g.items);
    loosen(e);
    return true;
  }
  const out = g.items.map(i => across(i, g.clip));
  const side = out.some(o => o.left > 2 || o.right > 2), along = out.some(o => o.up > 2 || o.down > 2);
  if (side) {
    const found = slidesIn(e, g.items);
    if (found && sideBySide(found.slides)) stack(e, found.track, found.slides);
  }
  else if (along) {
    const found = slidesIn(e, g.items);
    if (found && getComputedStyle(found.track).transform !== 'none') once(found.slides);
  }
  release(e);
  layBelow(e, g.items);
  if (along) for (const around of new Set(g.items.map(i => flatParent(i.e)))) untransform(around, e);
  loosen(e);
  if (along) {
    const {top: at, bottom} = e.getBoundingClientRect();
    let low = bottom;
    for (const i of g.items) low = Math.max(low, i.e.getBoundingClientRect().bottom);
    if (bottom < low - 1) set(e, {'min-height': low - at + 'px'});
  }
  return true;
};

// layBelow puts what was cut off below what it lies over.
const layBelow = (e, items) => {
  if (getComputedStyle(e).position === 'absolute' && liesOver(e, items)) set(e, {position: 'relative', inset: 'auto', width: 'auto', 'min-height': '0'});
};

// liesOver says whether what was cut off in an element lies over what stands beside
// it, as the half of a picture "before" does over the one "after".
const liesOver = (e, items) => (e.parentElement ? childrenOf(e.parentElement) : e.parentNode ? [...e.parentNode.children] : []).some(c => {
  if (c === e || !isShown(c) || !rich(c)) return false;
  const b = c.getBoundingClientRect(), box = {x0: b.left, y0: b.top, x1: b.right, y1: b.bottom};
  return items.some(i => {
    const is = i.e.getBoundingClientRect(); // which may have moved since the item was found
    return areaOf(within({x0: is.left, y0: is.top, x1: is.right, y1: is.bottom}, box)) > areaOf(box) / 2;
  });
});

const sideBySide = slides => {
  const boxes = slides.map(e => e.getBoundingClientRect());
  return boxes.some((b, i) => i && Math.abs(b.left - boxes[i - 1].left) > 20);
};

// untransform takes back what moved an element out of its clip.
const untransform = (e, clip) => {
  for (; e && e !== clip; e = flatParent(e)) {
    if (getComputedStyle(e).transform !== 'none') set(e, {transform: 'none'});
  }
};

// openFrame makes a frame as high, and as wide, as the document in it.
const openFrame = e => {
  const inside = insideOf(e);
  if (!inside || !inside.documentElement) return false;
  const top = inside.scrollingElement || inside.documentElement;
  growFrame(e, top.scrollWidth, top.scrollHeight);
  return true;
};
let tallest = 0; // the window that the frames of a frame set want
const growFrame = (e, w, h) => {
  if (e.localName === 'frame') { // a frame set fills the window, whatever its style
    tallest = Math.max(tallest, innerHeight + h - e.clientHeight);
    return;
  }
  const style = getComputedStyle(e);
  if (h > e.clientHeight) set(e, {height: h + (e.offsetHeight - e.clientHeight) + 'px', 'max-height': 'none'});
  if (w > e.clientWidth && w - e.clientWidth > 40) set(e, {width: w + (e.offsetWidth - e.clientWidth) + 'px', 'max-width': 'none'});
  loosen(e);
};

const unfold = () => {
  for (let round = 0; round < 10; round++) {
    let changed = false;
    for (const g of hiddenBy(now().items)) changed = open(g) || changed;
    if (!changed) return;
  }
};

// naturalSize undoes the browser's fitting of a picture, which is all that there is, to the window.
// The browser fits it anew whenever the window changes, in the element's own style.
const naturalSize = () => {
  const i = document.images[0];
  if (i && i.naturalWidth) everyone(`body{display:block!important}img{width:${i.naturalWidth}px!important;height:${i.naturalHeight}px!important;max-width:none!important;max-height:none!important;margin:0!important}`);
};

// blank says whether an img shows nothing yet, or what stands in for its picture.
const blank = e => e.complete && (!e.currentSrc || e.naturalWidth * e.naturalHeight <= 4 || e.currentSrc.startsWith('data:') || placeholder.test(e.currentSrc) || keepsPlace(e));

// keepsPlace says whether an img shows what others show, too, that have other addresses for later.
const places = new Map(); // the addresses for later, by what is shown
const keepsPlace = e => {
  const {src} = laterOf(e);
  if (!src || resolved(src, e) === e.currentSrc) return false;
  places.set(e.currentSrc, (places.get(e.currentSrc) || new Set()).add(src));
  return places.get(e.currentSrc).size > 1;
};

const askedFor = new WeakSet();
const grounds = ['data-bg', 'data-background', 'data-background-image', 'data-bg-src', 'data-lazy-background', 'data-flickity-bg-lazyload'];

// laterGround is the address of a background that a lazy loader keeps for later, if there is one.
const laterGround = e => grounds.map(name => e.getAttribute(name)).find(v => v && /[/.]/.test(v));

// fetchLate asks for the pictures that are shown now and were never asked for.
const fetchLate = () => {
  let any = false;
  for (const e of elements()) {
    if (e.localName !== 'img') continue;
    if (e.loading === 'lazy' && !e.complete) { e.loading = 'eager'; any = true; }
    if (askedFor.has(e) || !blank(e)) continue;
    const {src, set} = laterOf(e), sources = e.parentElement && e.parentElement.localName === 'picture' ? e.parentElement.querySelectorAll('source') : [];
    for (const s of sources) if (!s.srcset && laterOf(s).set) s.srcset = laterOf(s).set;
    if (!src && !set) continue;
    askedFor.add(e);
    if (set) e.srcset = set;
    if (src) e.src = src;
    if (e.style.display === 'none') e.style.removeProperty('display'); // until it has come
    if (+e.style.opacity < matter.clear) e.style.removeProperty('opacity');
    any = true;
  }
  for (const scope of scopes) {
    for (const e of scope.querySelectorAll(grounds.map(name => `[${name}]`).join())) {
      const src = laterGround(e);
      if (!src || askedFor.has(e) || getComputedStyle(e).backgroundImage !== 'none') continue;
      askedFor.add(e);
      set(e, {'background-image': src.includes('url(') ? src : `url(${JSON.stringify(src)})`});
      any = true;
    }
  }
  return any;
};

// keepsRoom says whether an element whose content is skipped keeps the room for it.
const keepsRoom = e => inFlow(e) && e.offsetHeight > matter.line && rich(e) && !aside(e);

// halt lays out what a marquee moves, if it is more than a line.
const halt = () => {
  for (const e of elements()) {
    if (e.localName !== 'marquee' || e.offsetHeight <= matter.line || !rich(e)) continue;
    const still = e.ownerDocument.createElement('div');
    still.append(...e.childNodes);
    e.after(still);
    set(e, {display: 'none'});
  }
};

Object.assign(pageinspect, {
  // grow makes the element of a frame as large as the document in it.
  grow: growFrame,

  // settle brings what moves to rest, gives what was seen its looks back, and
  // opens what hides. The page's scripts are off by then. It says how large the
  // document is, how high a window it wants, and whether pictures were asked for late.
  async settle() {
    const before = changes;
    findScopes();
    halt();
    if (document.contentType.startsWith('image/')) naturalSize();
    everyone('*,*::before,*::after{transition:none!important;background-attachment:scroll!important;scroll-snap-type:none!important;scroll-behavior:auto!important}' +
      'noscript{display:none!important}' + // which shows now that scripts are off
      '[data-pageinspect=open]::before,[data-pageinspect=open]::after{background:none!important}');
    holdDrawings();
    const ended = [];
    for (const e of elements()) {
      const style = getComputedStyle(e);
      if (style.contentVisibility === 'auto' || style.contentVisibility === 'hidden' && keepsRoom(e)) set(e, {'content-visibility': 'visible'});
      unmask(e, style);
      if (style.animationName !== 'none' && (+style.opacity < matter.clear || style.visibility !== 'visible') && !e.getAnimations().length) ended.push(e);
    }
    last = null; // what was on its way may be there now
    still(ended);
    hold();
    if (self === top && document.scripts.length) uncover();
    ask(now());
    halves(now());
    turns(now());
    reveal(now());
    unfold();
    await redraw();
    const late = fetchLate();
    if (self !== top) restore(); // of the page around it, when all of it is settled
    const changed = late || changes !== before || animations().length;
    if (changed && self === top) { await frame(); await frame(); } // no timer runs now, and a frame out of the window has no animation frames
    return {w: root().scrollWidth, h: root().scrollHeight, window: tallest, late};
  },
});
