// Drawings that move by themselves, by SMIL or a style of their own: each is held at
// the moment at which it shows most, and drawn below the page at the others.

const smil = 'animate,set,animateTransform,animateMotion';
const momentsMost = 6; // of one drawing
const momentEnd = 60; // seconds after which nobody looks on

// secondsOf is a clock value of SMIL in seconds; null of what is none, an event.
const secondsOf = text => {
  const [, n, unit = 's'] = /^\s*\+?([\d.]+)(ms|s|min|h)?\s*$/.exec(text) || [];
  return n === undefined ? null : n * {ms: .001, s: 1, min: 60, h: 3600}[unit];
};

// goTo brings an svg, and what a style moves in it, to a time in seconds.
const goTo = (svg, t) => {
  svg.pauseAnimations();
  svg.setCurrentTime(t);
  const scope = svg.getRootNode();
  if (!ourRoots.has(scope)) return; // what the page's styles move is held by motion.js
  for (const a of scope.getAnimations()) { a.pause(); a.currentTime = t * 1000; }
};

// timesOf are the times at which an svg is looked at, in order.
const timesOf = svg => {
  const at = new Set(), root = svg.getRootNode();
  let end = 0;
  const lasts = (begin, dur) => { end = Math.max(end, begin + dur); for (const t of [begin + .01, begin + dur]) at.add(Math.min(t, momentEnd)); };
  for (const a of svg.querySelectorAll(smil)) {
    const dur = secondsOf(a.getAttribute('dur') || '') || 0;
    for (const begin of (a.getAttribute('begin') || '0').split(';')) if (secondsOf(begin) !== null) lasts(secondsOf(begin), dur);
  }
  if (ourRoots.has(root)) {
    for (const a of root.getAnimations()) { const {delay, duration} = a.effect.getComputedTiming(); lasts(Math.max(0, delay / 1000), duration / 1000 || 0); }
  }
  end = Math.min(end, momentEnd);
  for (let k = 0; k <= 24; k++) at.add(end * k / 24);
  at.add(end + 1); // to which it stays as it is, or begins anew
  return [...at].sort((a, b) => a - b).slice(0, 100);
};

// momentsOf are the times at which an svg shows something else, and shows it for long
// enough; the one at which it shows most is the first.
const momentsOf = svg => {
  const leaves = [...svg.querySelectorAll('text,image,rect,path,circle,ellipse,polygon,use,foreignObject')].slice(0, 300), states = new Map();
  const times = timesOf(svg);
  let last = null;
  for (const t of times) {
    goTo(svg, t);
    const layout = new Layout(), shown = [];
    let much = 0;
    leaves.forEach((e, i) => {
      const area = shownArea(e, layout);
      much += area;
      if (area > 0 && layout.of(e).opacity >= .3) shown.push(i);
    });
    const key = shown.join();
    if (!last || last.key !== key) last = {key, from: t};
    const known = states.get(key) || {t, much: -1, stands: 0, any: shown.length};
    states.set(key, known);
    known.stands = Math.max(known.stands, t - last.from);
    if (much > known.much) Object.assign(known, {t, much});
  }
  const all = [...states.values()].filter(s => s.any), read = all.filter(s => s.stands >= turnStands / 1000 * .9);
  return (read.length ? read : all).sort((a, b) => b.much - a.much || a.t - b.t).slice(0, read.length ? momentsMost : 1).map(s => s.t);
};

// holdDrawings holds the svgs of the page, and keeps copies of each at its other moments.
const heldDrawings = new WeakSet();
const holdDrawings = () => {
  writtenSVGs();
  for (const scope of scopes) {
    if (ourRoots.has(scope)) continue;
    for (const svg of new Set([...scope.querySelectorAll(smil)].map(a => { let e = a; while (e.ownerSVGElement) e = e.ownerSVGElement; return e; }))) {
      const b = svg.getBoundingClientRect();
      if (svg.localName !== 'svg' || heldDrawings.has(svg) || b.width * b.height < matter.area || !new Layout().visible(svg)) continue;
      heldDrawings.add(svg);
      const [first, ...more] = momentsOf(svg);
      if (first === undefined) continue;
      goTo(svg, first);
      for (const t of more) {
        const copy = svg.cloneNode(true);
        staged.push({copy, w: b.width, h: b.height, anew: () => goTo(copy, t)});
      }
    }
  }
};

// ourRoots are the shadow roots in which pictures that move are drawn as elements.
const ourRoots = new WeakSet();
const drawInstead = (text, w, h) => {
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  if (!parsed || parsed.localName !== 'svg' || parsed.querySelector('parsererror')) return null;
  const svg = document.importNode(parsed, true), host = document.createElement('div'), root = host.attachShadow({mode: 'open'});
  ourRoots.add(root);
  for (const e of [svg, ...svg.querySelectorAll('*')]) { // a picture has no scripts, and asks for nothing
    if (/^(script|iframe|object|embed|img|audio|video)$/.test(e.localName)) { e.remove(); continue; }
    for (const {name, value} of [...e.attributes]) if (name.startsWith('on') || /(^|:)(href|src)$/.test(name) && !/^(#|data:)/.test(value.trim())) e.removeAttribute(name);
  }
  const own = name => parseFloat(svg.getAttribute(name));
  if (!svg.hasAttribute('viewBox') && own('width') && own('height')) svg.setAttribute('viewBox', `0 0 ${own('width')} ${own('height')}`);
  svg.setAttribute('width', w);
  svg.setAttribute('height', h);
  set(svg, {display: 'block'});
  root.append(svg);
  return {host, svg};
};

// drawSVG draws an animated SVG file as an element where it stands as a picture.
const drawSVG = (is, text) => {
  let first = true;
  for (const item of now().items.filter(i => i.e.localName === 'img' && i.e.ownerDocument === document && is(i) && areaOf(i) >= matter.area)) {
    const {e} = item, w = item.x1 - item.x0, h = item.y1 - item.y0, style = getComputedStyle(e), drawn = drawInstead(text, w, h);
    if (!drawn) return;
    const {host, svg} = drawn, size = {width: w + 'px', height: h + 'px', overflow: 'hidden'};
    set(host, {all: 'initial', ...size});
    for (const name of ['position', 'float', 'margin', 'inset', 'vertical-align', 'z-index', 'transform', 'opacity', 'flex', 'grid-area', 'align-self']) set(host, {[name]: style.getPropertyValue(name)});
    set(host, {display: style.display === 'inline' ? 'inline-block' : style.display});
    e.before(host);
    const [at = 0, ...more] = momentsOf(svg);
    goTo(svg, at);
    hidden.add(e);
    set(e, {display: 'none'});
    for (const t of first ? more : []) {
      const other = drawInstead(text, w, h);
      set(other.host, {all: 'initial', display: 'block', ...size});
      staged.push({copy: other.host, w, h, anew: () => goTo(other.svg, t)});
    }
    first = false;
  }
};

// writtenSVGs draws those that are written into the page.
const writtenSVGs = () => {
  for (const src of new Set([...document.images].map(i => i.currentSrc).filter(src => src.startsWith('data:image/svg+xml') && src.length < 2e6))) {
    const at = src.indexOf(',');
    let text = '';
    try {
      text = decodeURIComponent(src.slice(at + 1));
      if (src.slice(0, at).endsWith(';base64')) text = new TextDecoder().decode(Uint8Array.from(atob(text), c => c.charCodeAt(0)));
    } catch { continue; }
    if (/<(animate|animateTransform|animateMotion|set)[\s/>]|@keyframes/.test(text)) drawSVG(i => i.key === src, text);
  }
};

Object.assign(pageinspect, {
  // drawSVGs draws animated SVG files, each with its text, at their moments.
  async drawSVGs(files) {
    findScopes();
    for (const {url, text} of files) drawSVG(i => filmOf(i) === url, text);
    await frame();
  },
});
