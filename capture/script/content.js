// What the page shows: its texts and pictures, where they are, and what cuts
// them off. Boxes are x0, y0, x1, y1 in page coordinates.

// flatParent is the element around e as it is drawn, out of shadow roots too.
const flatParent = e => e.assignedSlot || e.parentElement || (e.parentNode && e.parentNode.host) || null;

const letterCount = text => text.length > 500 ? text.length : (text.match(/[\p{L}\p{N}]/gu) || []).length; // of much, about how much will do

// insideOf is the document in a frame, if it may be looked into.
const insideOf = e => {
  try { return e.localName === 'embed' ? embedded(e) : e.contentDocument; } catch { return null; } // of another site
};

// embedded is the document in an embed, which does not tell it, though it is a frame.
const embedded = e => {
  const around = e.ownerDocument.defaultView;
  for (let i = 0; around && i < around.length && i < 100; i++) {
    try { if (around[i].frameElement === e) return around[i].document; } catch { /* of another site */ }
  }
  return null;
};

// framing are the elements that may hold a document.
const framing = /^(iframe|frame|object|embed)$/;

// elements lists the elements of a document, of its shadow roots, and of its
// frames that may be looked into.
const elements = (scope = document, out = []) => {
  if (scope.nodeType !== Node.ELEMENT_NODE) unname(scope);
  const all = scope.querySelectorAll('*');
  for (const e of all) {
    out.push(e);
    const inner = rootOf(e);
    if (inner) elements(inner, out);
    else if (framing.test(e.localName)) {
      const inside = insideOf(e);
      if (inside && inside.documentElement) elements(inside, out);
    }
  }
  return out;
};

// documents lists the document and those of its frames that may be looked into.
const documents = () => {
  const out = [document];
  for (const e of elements()) {
    if (framing.test(e.localName)) {
      const inside = insideOf(e);
      if (inside && inside.documentElement) out.push(inside);
    }
  }
  return out;
};

const everywhere = {x0: -Infinity, y0: -Infinity, x1: Infinity, y1: Infinity};
const within = (a, b) => ({x0: Math.max(a.x0, b.x0), y0: Math.max(a.y0, b.y0), x1: Math.min(a.x1, b.x1), y1: Math.min(a.y1, b.y1)});
const areaOf = b => Math.max(0, b.x1 - b.x0) * Math.max(0, b.y1 - b.y0);
const alpha = color => {
  const part = /^rgba\(.*,\s*([\d.]+)\)$/.exec(color) || /\/\s*([\d.]+)\s*\)$/.exec(color);
  return part ? +part[1] : color === 'transparent' ? 0 : 1;
};

// Layout knows, in one moment, of every element that it is asked for how it is
// shown: its opacity with all around it, and the chain of boxes that clip it.
class Layout {
  constructor() {
    this.known = new Map();
    // What is fixed to the window is drawn in the first screen alone. In a
    // frame of another site, whose window this is, nothing is drawn outside it.
    const here = {shown: true, opacity: 1, clear: 1, size: 1, gone: false, fixed: null, over: null, dx: scrollX, dy: scrollY};
    const window = {e: null, x0: scrollX, y0: scrollY, x1: scrollX + innerWidth, y1: scrollY + innerHeight, outer: null, frame: true};
    here.fix = window;
    here.inside = here.abs = self === top ? null : window;
    this.base = here;
  }

  // around is what holds for the root element of e's document.
  around(e) {
    const frame = e.ownerDocument === document ? null : e.ownerDocument.defaultView && e.ownerDocument.defaultView.frameElement;
    if (!frame) return this.base;
    const s = this.of(frame), b = frame.getBoundingClientRect();
    const dx = s.dx + b.left + frame.clientLeft, dy = s.dy + b.top + frame.clientTop;
    const window = {e: null, owner: frame, x0: dx, y0: dy, x1: dx + frame.clientWidth, y1: dy + frame.clientHeight, outer: s.around, frame: true, fixed: s.fixed};
    return {shown: s.shown, opacity: s.opacity, clear: s.clear, size: s.size, gone: s.gone, fixed: s.fixed, over: s.over, dx, dy, inside: window, abs: window, fix: window};
  }

  of(e) {
    let s = this.known.get(e);
    if (s) return s;
    const parent = flatParent(e), up = parent ? this.of(parent) : this.around(e);
    // Each property that is read costs, and there may be 100,000 elements: of
    // one that holds no other, what matters to those in it is not asked.
    const style = getComputedStyle(e), {position, display, visibility, transform, clipPath, filter} = style;
    const opacity = transform.startsWith('matrix3d') && style.backfaceVisibility === 'hidden' && facesAway(transform) ? 0 : +style.opacity;
    const shows = visibility === 'visible', flat = display === 'inline' || display === 'contents', leaf = !e.firstElementChild && !rootOf(e);
    const modal = e.localName === 'dialog' && e.matches(':modal'), fixed = position === 'fixed' || modal, lifted = fixed || position === 'absolute';
    const ground = style.backgroundImage === 'none' ? '' : style.backgroundImage;
    const x = flat ? 'visible' : style.overflowX, y = flat || leaf && x === 'visible' ? x : style.overflowY;
    const contain = flat || leaf ? 'none' : style.contain;
    const paint = /paint|strict|content/.test(contain), clips = (x !== 'visible' || y !== 'visible' || paint) && !isWindow(e);
    const turned = transform !== 'none' || !leaf && (style.translate !== 'none' || style.scale !== 'none' || style.rotate !== 'none');
    const holds = !flat && (turned || contain !== 'none' || !leaf && (filter !== 'none' || style.perspective !== 'none' || /transform|filter/.test(style.willChange)));
    const clip = lifted && style.clip !== 'auto' ? style.clip : ''; // of those alone
    const cut = clipPath === 'none' && !clip || up.gone ? null : pathBox(clipPath === 'none' ? clip : clipPath, e.getBoundingClientRect(), up);
    const gone = lifted && cutAway(style) || cut && areaOf(cut) <= 16 && (lifted || up.out);
    const locked = !leaf && !flat && style.contentVisibility === 'hidden';
    const plain = position === 'static' && !locked && !modal && !clips && !holds && !gone && opacity === 1 && filter === 'none' && !ground && display !== 'none' && shows && clipPath === 'none';
    if (plain && up.plain && up.plain.has(display)) { // most elements are like their neighbours, and on a large page there are many
      s = up.plain.get(display);
      this.known.set(e, s);
      return s;
    }
    s = {
      dx: up.dx, dy: up.dy, ground, shows, turned: up.turned || turned, fixed: up.fixed || (fixed ? e : null),
      // A layer of its own high above the page is taken for what lies over it, as what is fixed is.
      over: up.over || (fixed || position === 'absolute' && (+style.zIndex >= matter.layer || +style.zIndex > 0 && layered(e)) ? e : null),
      shown: up.shown && !up.locked && display !== 'none', locked,
      opacity: up.opacity * opacity * throughFilter(filter),
      clear: up.clear * opacity * sharpness(filter) * (cut ? cut.share : 1), // how well what is in it can be read
      size: transform === 'none' ? up.size : up.size * shrunk(transform), // how large of what it could be
      gone: up.gone || gone,
      out: lifted || up.out || false,
    };
    const through = outer => cut && s.shown ? {...cut, e, outer, path: true, fixed: s.fixed, out: s.out} : outer;
    s.around = s.inside = through(fixed ? up.fix : position === 'absolute' ? up.abs : up.inside);
    if (s.shown && clips) {
      const b = e.getBoundingClientRect(), edge = side => parseFloat(style[`border${side}Width`]) || 0;
      const own = {x0: b.left + s.dx + edge('Left'), y0: b.top + s.dy + edge('Top'), x1: b.right + s.dx - edge('Right'), y1: b.bottom + s.dy - edge('Bottom')};
      if (x === 'visible' && !paint) { own.x0 = -Infinity; own.x1 = Infinity; }
      if (y === 'visible' && !paint) { own.y0 = -Infinity; own.y1 = Infinity; }
      const scrolls = v => v === 'auto' || v === 'scroll';
      s.inside = {...own, e, outer: s.around, scrolls: scrolls(x) || scrolls(y), fixed: s.fixed, out: s.out};
    }
    s.abs = position !== 'static' || holds ? s.inside : through(up.abs);
    s.fix = holds ? s.inside : through(up.fix);
    s.look = {opacity, display, visibility, transform, filter, 'clip-path': clipPath, clear: s.clear, size: s.size};
    if (!plain && !leaf) Object.assign(s.look, {translate: style.translate, scale: style.scale, rotate: style.rotate});
    if (plain) (up.plain ||= new Map()).set(display, s);
    this.known.set(e, s);
    return s;
  }

  // visible is whether e itself shows what is in it, wherever that may be.
  visible(e) {
    const s = this.of(e);
    return s.shown && !s.gone && s.opacity >= matter.clear && s.shows;
  }
}

// layered says whether an absolute element lies over the page, and not over a part
// of it that holds it, and is not the page itself.
const layered = e => {
  const {body} = e.ownerDocument, of = e.offsetParent, all = body ? body.getElementsByTagName('*').length : 0;
  if (of && of !== body && (of.offsetWidth < innerWidth * .9 || of.getElementsByTagName('*').length < all * .7)) return false;
  return e.getElementsByTagName('*').length < all * .5;
};

// throughFilter is how much of what it draws a filter lets be seen, and sharpness
// how well: what is blurred shows, and cannot be read.
const throughFilter = filter => filter === 'none' ? 1 : +(/opacity\(([\d.]+)\)/.exec(filter) || [0, 1])[1];
const sharpness = filter => throughFilter(filter) / (1 + +(/blur\(([\d.]+)px\)/.exec(filter) || [0, 0])[1]);

// shrunk is how much smaller a transform makes what it moves, 1 if it does not.
const shrunk = transform => { const m = new DOMMatrixReadOnly(transform); return Math.min(1, Math.abs(m.m11 * m.m22 - m.m12 * m.m21)); };

// facesAway says whether a transform shows the back of what it turns.
const facesAway = transform => new DOMMatrixReadOnly(transform).m33 < 0;

// cutAway says whether the style of an absolute or fixed box hides all but nothing
// of it, as is done with what is meant for screen readers.
const cutAway = style => {
  if (style.clip === 'auto') return false;
  const [top, right, bottom, left] = (style.clip.match(/-?[\d.]+(?=px)/g) || []).map(Number);
  return (right - left) * (bottom - top) <= 16;
};

// pathBox is the box on the page around what a clip-path leaves of an element's
// box in the window, and the share of it; null of a shape that leaves its edges,
// or is none of the basic ones.
const pathBox = (path, b, {dx, dy}) => {
  const [, shape, said] = /^(inset|polygon|circle|ellipse|rect)\((.*)\)/.exec(path) || [];
  if (!shape) return null;
  const w = b.width, h = b.height, of = (v, all) => v.endsWith('%') ? parseFloat(v) / 100 * all : v.endsWith('px') ? parseFloat(v) : NaN;
  let x0, y0, x1, y1;
  if (shape === 'inset') {
    const [top, right = top, bottom = top, left = right] = said.split(' round ')[0].split(' ');
    x0 = of(left, w); y0 = of(top, h); x1 = w - of(right, w); y1 = h - of(bottom, h);
  } else if (shape === 'rect') { // that of the property clip
    [y0, x1, y1, x0] = said.split(', ').map((v, i) => v === 'auto' ? [0, w, h, 0][i] : parseFloat(v));
  } else if (shape === 'polygon') {
    const points = said.replace(/^(nonzero|evenodd), /, '').split(', ').map(p => p.split(' '));
    const xs = points.map(p => of(p[0], w)), ys = points.map(p => of(p[1] || '', h));
    x0 = Math.min(...xs); y0 = Math.min(...ys); x1 = Math.max(...xs); y1 = Math.max(...ys);
  } else {
    const [size, at = '50% 50%'] = said.split(/(?: |^)at /), [rx, ry = rx] = size.split(' '), [x, y] = at.split(' ');
    const round = shape === 'circle' && Math.hypot(w, h) / Math.SQRT2, a = of(rx, round || w), c = of(ry, round || h), cx = of(x, w), cy = of(y || '', h);
    x0 = cx - a; y0 = cy - c; x1 = cx + a; y1 = cy + c;
  }
  const box = within({x0, y0, x1, y1}, {x0: 0, y0: 0, x1: w, y1: h}), share = areaOf(box) / (w * h);
  if (!(share < .98)) return null;
  return {x0: b.left + dx + box.x0, y0: b.top + dy + box.y0, x1: b.left + dx + box.x1, y1: b.top + dy + box.y1, share};
};

// isWindow says whether it is the window that scrolls what is in e.
const isWindow = e => {
  const doc = e.ownerDocument, html = doc.documentElement;
  if (e === html) return true;
  if (e !== doc.body) return false;
  const style = getComputedStyle(html);
  return style.overflowX === 'visible' && style.overflowY === 'visible' && getComputedStyle(html).contain === 'none';
};

// identity is a number of an element's own.
const identities = new WeakMap();
let lastIdentity = 0;
const identity = e => identities.get(e) || (identities.set(e, ++lastIdentity), lastIdentity);

// pictureOf is the address, or the like, of what an element shows as a picture;
// null if it shows none.
const pictureOf = (e, ground = getComputedStyle(e).backgroundImage) => {
  switch (e.localName) {
    case 'img': return e.naturalWidth || !e.complete ? e.currentSrc || e.src || null : null; // one that is on its way counts
    case 'input': return e.type === 'image' ? e.src : null;
    case 'video': return e.poster || e.currentSrc || null;
    case 'canvas': return 'canvas ' + identity(e);
    case 'svg': return 'svg ' + e.innerHTML.length;
    case 'embed': return insideOf(e) ? null : e.src;
    case 'object': return e.data;
    case 'iframe': case 'frame': return insideOf(e) ? null : e.src;
  }
  const address = /url\("?(.*?)"?\)/.exec(ground);
  if (!address) return null;
  // A pattern behind other things says nothing; a picture that is set as one does.
  const {backgroundRepeat, backgroundSize} = getComputedStyle(e);
  const alone = !e.firstElementChild && !e.textContent.trim();
  return alone || backgroundRepeat.includes('no-repeat') || backgroundSize === 'cover' || backgroundSize === 'contain' ? address[1] : null;
};

// rangeOf is a document's one range: each that there is costs every change of the document.
const ranges = new WeakMap();
const rangeOf = doc => ranges.get(doc) || (ranges.set(doc, doc.createRange()), ranges.get(doc));

// ownTexts lists the texts right in an element, or right in its shadow root.
const ownTexts = e => {
  let out = none;
  for (let at = e; at; at = at === e ? rootOf(e) : null) {
    for (let n = at.firstChild; n; n = n.nextSibling) {
      if (n.nodeType === Node.TEXT_NODE && /\S/.test(n.data)) (out === none ? out = [] : out).push(n);
    }
  }
  return out;
};
const none = Object.freeze([]);

// itemsOf lists what an element itself shows: its own texts, and its picture.
const itemsOf = (e, layout) => {
  if (/^(script|style|noscript|title)$/.test(e.localName)) return none;
  const s = layout.of(e), src = pictureOf(e, s.ground), texts = ownTexts(e);
  if (!s.shown || (src === null && !texts.length)) return none;
  const out = [];
  const add = (kind, key, b, clip, letters) => {
    if (b.width > 0 && b.height > 0) {
      const x0 = b.left + s.dx, y0 = b.top + s.dy;
      out.push({e, kind, key, x0, y0, x1: x0 + b.width, y1: y0 + b.height, clip, letters, fixed: s.fixed});
    }
  };
  if (src !== null) {
    const b = e.getBoundingClientRect();
    if (b.width * b.height >= 64) add('picture', src, b, s.around, 0);
    if (e.localName === 'svg' || e.localName === 'object') return out;
  }
  for (const n of texts) {
    const letters = letterCount(n.data);
    if (!letters) continue;
    const range = rangeOf(e.ownerDocument);
    range.selectNodeContents(n);
    add('text', n.data.replace(/\s+/g, ' ').trim(), range.getBoundingClientRect(), s.inside, letters);
  }
  return out;
};

// seenOf is the part of an item that no clip around it cuts off, and its share of the whole.
const seenOf = item => {
  let b = item;
  for (let c = item.clip; c; c = c.outer) b = within(b, c);
  const all = areaOf(item);
  return {x0: b.x0, y0: b.y0, x1: b.x1, y1: b.y1, share: all ? areaOf(b) / all : 0};
};

// changes counts what we changed in the page. Its scripts are off while it is
// looked at, so that what was found once holds until we change something, or
// something arrives.
let changes = 0;
const touched = new Set(); // what was changed
const set = (e, styles) => {
  changes++;
  touched.add(e);
  for (const name in styles) e.style.setProperty(name, styles[name], 'important');
};

// now is what the page shows: the elements, how they are laid out, and the items.
let last = null;
const now = () => {
  const state = `${changes} ${root().scrollHeight} ${root().scrollWidth} ${scrollX} ${scrollY} ${innerHeight}`;
  if (last && last.state === state) return last;
  const layout = new Layout(), all = elements(), items = [];
  for (const e of all) if (layout.visible(e)) for (const item of itemsOf(e, layout)) items.push(item);
  return last = {state, layout, all, items};
};
