// The nets: what was not seen, though everything was done to see it.

const round = b => ({x: b.x0, y: b.y0, w: Math.max(0, b.x1 - b.x0), h: Math.max(0, b.y1 - b.y0)});
const join = (a, b) => ({x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1)});

// nameOf is what a reviewer's developer finds an element by.
const nameOf = e => {
  const kind = typeof e.className === 'string' && e.className.trim().split(/\s+/)[0];
  return `<${e.localName}${e.id ? '#' + e.id : ''}${kind ? '.' + kind : ''}>`;
};

const amount = g => [g.letters && `${g.letters} letters of text`, g.area && `${g.pictures} picture${g.pictures > 1 ? 's' : ''} of ${Math.round(g.area).toLocaleString('en')} px²`].filter(Boolean).join(' and ');

// gather adds up what is lost of items, in groups by what the key says.
const gather = () => {
  const groups = new Map();
  return {
    groups,
    add(key, item, lost, more) {
      let g = groups.get(key);
      if (!g) groups.set(key, g = {letters: 0, area: 0, pictures: 0, box: item, source: '', ...more});
      if (item.kind === 'text') g.letters += Math.round(item.letters * lost);
      else { g.area += areaOf(item) * lost; g.pictures++; g.source ||= item.key; }
      g.box = join(g.box, item);
      return g;
    },
  };
};

// cutterOf is the clip that cuts most of an item off: the innermost of those that cut half of it.
const cutterOf = item => {
  let most = null, least = 1;
  for (let c = item.clip; c; c = c.outer) {
    const share = areaOf(within(item, c)) / areaOf(item);
    if (share < .5) return c;
    if (share < least) { least = share; most = c; }
  }
  return most;
};

// generated lists what is shown before or after what is in an element, and cut off:
// of a style's texts and pictures nobody tells where they are, but what clips them
// is higher inside than outside, and nothing else tells why.
const generated = ({layout, all}, groups) => {
  const out = [];
  for (const e of all) {
    const s = layout.of(e), clip = s.inside;
    if (!clip || clip.e !== e || !s.shown || e.clientHeight <= matter.line || e.scrollHeight <= e.clientHeight + 8 || groups.has(e)) continue;
    const deep = {x0: clip.x0, x1: clip.x1, y0: clip.y1, y1: clip.y0 + e.scrollHeight};
    for (const of of [e, ...e.querySelectorAll('*')].slice(0, 200)) {
      for (const pseudo of ['::before', '::after']) {
        const {content, backgroundImage, width, height} = getComputedStyle(of, pseudo);
        if (content === 'none' || content === 'normal') continue;
        const letters = letterCount((content.match(/"(?:[^"\\]|\\.)*"/g) || []).join(' ')), address = /url\("?(.*?)"?\)/.exec(content + backgroundImage);
        if (letters) out.push({e, kind: 'text', key: content, ...deep, clip, letters, fixed: s.fixed});
        if (address && parseFloat(width) * parseFloat(height) >= matter.area) out.push({e, kind: 'picture', key: address[1], ...deep, clip, letters: 0, fixed: s.fixed});
      }
    }
  }
  return out;
};

// hiddenBy lists the clips that cut off what matters, with what they cut off.
const hiddenBy = items => {
  const cut = gather();
  for (const item of items) {
    const seen = seenOf(item);
    if (seen.share > .98 || croppedOnly(item, seen)) continue;
    const clip = cutterOf(item);
    if (!clip || (item.kind === 'text' && (item.x1 < clip.x0 - matter.far || item.y1 < clip.y0 - matter.far))) continue;
    const g = cut.add(clip.e || clip.owner || item.fixed || 'window', item, 1 - seen.share, {clip, fixed: item.fixed, items: []});
    g.items.push(item);
  }
  for (const item of generated(now(), cut.groups)) cut.add(item.clip.e, item, 1, {clip: item.clip, fixed: item.fixed, items: []}).items.push(item);
  const out = [];
  for (const g of cut.groups.values()) {
    let shown = g.clip;
    for (let c = g.clip.outer; c; c = c.outer) shown = within(shown, c);
    g.shown = shown;
    g.clip.gone = areaOf(within(shown, {...everywhere, x0: 0, y0: 0})) < 100;
    if (clippedMatters(g)) out.push(g);
  }
  return out;
};

// clipped tells what scrolls, or is cut off, inside of elements and frames.
const clipped = items => hiddenBy(items).map(g => ({
  kind: 'clipped', box: round(g.shown), source: g.source,
  why: g.clip.frame ? `${amount(g)} lie outside of the window of a frame` :
    `${amount(g)} ${g.clip.scrolls ? 'scroll inside of' : 'are cut off by'} ${nameOf(g.clip.e)}`,
}));

// outside lists what lies beside or below of a region, by the side.
const outside = (items, region) => {
  const sides = gather();
  const ways = [document.documentElement, document.body].filter(e => e && isWindow(e)).map(e => getComputedStyle(e).overflowX);
  const reach = !ways.includes('hidden') && !ways.includes('clip') && root().scrollWidth > root().clientWidth;
  for (const item of items) {
    const seen = seenOf(item), all = areaOf(seen);
    if (!all || item.fixed) continue;
    const side = item.x1 > region.x1 + 1 ? 'right' : item.x0 < region.x0 - 1 ? 'left' : item.y1 > region.y1 + 1 ? 'below' : '';
    if (!side) continue;
    if (!reach && side === 'right' && (aside(item.e) || item.x0 < region.x1)) continue; // a drawer; a banner made for a wider screen
    if (side === 'left' && (!reach || item.x1 <= edgeOf())) continue; // where no one can scroll to
    const lost = 1 - areaOf(within(seen, region)) / all;
    if (lost > .02) sides.add(side, {...item, ...seen}, lost, {});
  }
  for (const [side, g] of sides.groups) if (!enough(g.letters, g.area)) sides.groups.delete(side);
  return sides.groups;
};

// edgeOf is the left end of what can be scrolled to: less than 0 where writing goes from right to left.
const edgeOf = () => {
  const style = getComputedStyle(document.documentElement);
  const leftward = style.direction === 'rtl' || style.writingMode === 'vertical-rl' || getComputedStyle(document.body || document.documentElement).direction === 'rtl';
  return leftward ? Math.min(0, root().clientWidth - root().scrollWidth) : 0;
};

// beyond tells what lies beside or below of the region that is drawn.
const beyond = (items, region) => {
  const where = {right: 'right of', left: 'left of', below: 'below'};
  return [...outside(items, region)].map(([side, g]) => ({
    kind: 'beyond', box: round(g.box), source: g.source, why: `${amount(g)} lie ${where[side]} what is photographed`,
  }));
};

// keyOf is what a text or a picture is known by. A clock's digits change.
const keyOf = item => item.kind === 'text' ? 'text ' + item.key.replace(/\d+/g, '0').replace(/\s+/g, '') : 'picture ' + item.key;

// What was visible while the page was walked, by key.
const seen = new Map();
let candidates = null, tall = 0;

// What each picture showed over time, where a script has changed it; and whether
// pictures are taken out of the page, so that each must be waited for while it is there.
const turned = new Map();
let recycles = false;

// watch has the list of what could be seen made anew whenever the page changes.
const watcher = new MutationObserver(changes => {
  candidates = null;
  for (const {type, target, oldValue, removedNodes} of changes) {
    for (const n of removedNodes) recycles ||= n.nodeType === Node.ELEMENT_NODE && (n.localName === 'img' || !!n.querySelector('img'));
    if (type !== 'attributes' || target.localName !== 'img' || !target.src) continue;
    const all = turned.get(target) || new Set(oldValue ? [new URL(oldValue, target.baseURI).href] : []);
    turned.set(target, all.add(target.src));
  }
});
const watched = new WeakSet();
const watch = scope => {
  if (watched.has(scope)) return;
  watched.add(scope);
  watcher.observe(scope, {childList: true, characterData: true, subtree: true, attributes: true, attributeOldValue: true, attributeFilter: ['src']});
};

// collect lists the elements that show something of their own, with where on the page they are.
const collect = () => {
  const out = [];
  findScopes();
  scopes.forEach(watch);
  for (const e of elements()) {
    const shows = ownTexts(e).length || pictureOf(e) !== null;
    if (!shows && (e.firstElementChild || !hostable.test(e.localName))) continue;
    const b = e.getBoundingClientRect();
    if (!shows && b.width * b.height < matter.area) continue; // it may be given a background
    const y = e.ownerDocument === document && b.width ? scrollY : NaN; // which is near wherever the window is
    out.push({e, y0: b.top + y, y1: b.bottom + y});
  }
  findCanvases(out.map(c => c.e));
  return out;
};

// look takes note of all that is visible in the window now.
const look = () => {
  if (!candidates || tall !== height()) {
    tall = height();
    candidates = collect();
  }
  const layout = new Layout(), near = 100, scripted = scopes.some(s => s.scripts && s.scripts.length) && seen.size < 20000; // else nothing is taken away
  const screen = {x0: scrollX, y0: scrollY, x1: scrollX + innerWidth, y1: scrollY + innerHeight};
  for (const c of candidates) {
    if (c.done || c.y1 < screen.y0 - near || c.y0 > screen.y1 + near || !layout.visible(c.e)) continue;
    let all = true;
    for (const item of itemsOf(c.e, layout)) {
      const part = within(seenOf(item), screen);
      if (item.fixed || areaOf(part) < Math.min(areaOf(item) / 2, areaOf(screen) / 5)) { all = false; continue; }
      const key = keyOf(item);
      remember(item.e, layout);
      if (!seen.has(key)) seen.set(key, {...item, e: new WeakRef(item.e), clip: null, size: item.e.naturalWidth * item.e.naturalHeight, scene: scripted ? scene(item, layout) : null});
    }
    c.done = all && layout.of(c.e).clear > .99 && layout.of(c.e).size > .99;
  }
  if (canvases.size) sketchView(layout);
};

// placeholder is what the address of a picture says that only keeps the place of one.
const placeholder = /blank(?!et)|placeholder|loading|spacer|noimg|no_image/i;

// standsIn says whether a picture was there only until the one that its element
// shows now had come, or never came, which is said elsewhere.
const standsIn = (item, e) => e.localName === 'img' && (e.complete && !e.naturalWidth || item.size && item.size * 2 < e.naturalWidth * e.naturalHeight) || placeholder.test(item.key) || (places.get(item.key) || none).size > 1;

// missing lists, in groups that matter, what was visible while the page was
// walked and is not now.
const missing = items => {
  if (!seen.size) return [];
  const now = new Set(), texts = [];
  const there = items.filter(i => seenOf(i).share > .3);
  for (const i of there) {
    now.add(keyOf(i));
    if (i.kind === 'text') texts.push(keyOf(i).slice(5));
  }
  const all = texts.join('\n'), lost = gather();
  for (const [key, item] of seen) {
    if (now.has(key)) continue;
    const e = item.e.deref();
    if (item.kind === 'text') {
      if (all.includes(key.slice(5))) continue;
      // A line that shows another text now, and none for long, is a ticker, a counter or a clock.
      if (item.y1 - item.y0 <= matter.line && !inTurn(item) && there.some(i => i.kind === 'text' && areaOf(within(i, item)) > .3 * areaOf(item))) continue;
    }
    // A drawing that moves is told by what it is made of, which changes.
    if (item.key.startsWith('svg ') && there.some(i => i.key.startsWith('svg ') && areaOf(within(i, item)) > .3 * areaOf(item))) continue;
    if (e && e.isConnected && (hiddenByUs(e) || aside(e) || standsIn(item, e))) continue;
    lost.add(Math.floor(item.y0 / 2000), item, 1, {items: []}).items.push(item);
  }
  return [...lost.groups.values()].filter(g => enough(g.letters, g.area));
};

const vanished = items => missing(items).map(g => ({
  kind: 'vanished', box: round(g.box), source: g.source, why: `${amount(g)} were visible while the page was scrolled, and are not in the picture`,
}));

// behind is what a button says that has more of the product behind it.
const behind = /(상품|상세|제품|설명|product|detail|description)\P{L}{0,3}\p{L}{0,4}\P{L}{0,3}(더\s*보기|펼쳐\s*보기|펼치기|전체\s*보기|more)|(show|view|see|read)\s+(more|full|all)\s+(product|detail|description)/iu;

// unopened lists the buttons that say so, and by which nothing was found that could
// be opened: what they show comes only when they are clicked. On cards there are
// many, and each is about another product.
const unopened = ({layout, all}) => {
  const out = [];
  if (self !== top) return out; // what was opened in a frame of another site is not known any more
  for (const e of all) {
    if (!e.matches(pressed) || !layout.visible(e) || !brief(e) || !behind.test(e.textContent) || aside(e) || e.ariaExpanded === 'true' || e.querySelector(pressed)) continue;
    let around = e;
    for (let up = 0; up < 4 && around.parentElement; up++) around = around.parentElement;
    if ([...touched].some(t => around.contains(t))) continue;
    const s = layout.of(e), b = e.getBoundingClientRect();
    out.push({kind: 'clipped', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), source: nameOf(e),
      why: `"${e.textContent.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '').replace(/\s+/g, ' ')}" shows more only when it is clicked, and nothing is clicked`});
  }
  return out.length > 2 ? [] : out;
};

// undrawable lists the documents in the page that the browser has no way to draw.
const undrawable = ({layout, all}) => all.filter(e => {
  if (!framing.test(e.localName) || !layout.visible(e) || aside(e)) return false;
  const {width, height} = e.getBoundingClientRect(), address = e.data || e.src || '', type = e.type || '';
  if (width < 120 || height < 80) return false;
  const instead = e.localName === 'object' && [...e.children].some(c => c.localName !== 'param' && c.getClientRects().length);
  return !instead && (/pdf|flash|java/i.test(type) || /\.(pdf|swf|hwpx?|docx?|pptx?|xlsx?)($|[?#])/i.test(address));
}).map(e => {
  const s = layout.of(e), b = e.getBoundingClientRect();
  return {kind: 'failed', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), source: e.data || e.src || '', why: `what ${nameOf(e)} of ${Math.round(b.width)}×${Math.round(b.height)} px is to show cannot be drawn`};
});

Object.assign(pageinspect, {
  // breadth is from where to where the page has something that matters, at
  // least the window, and where the browser begins to count when it draws.
  breadth() {
    const edge = edgeOf(), out = {x0: edge, x1: root().clientWidth, edge}; // of what is written to the left, all
    for (const g of outside(now().items, {...everywhere, x0: edge, x1: out.x1}).values()) {
      out.x0 = Math.min(out.x0, Math.max(out.edge, Math.floor(g.box.x0)));
      out.x1 = Math.max(out.x1, Math.ceil(g.box.x1));
    }
    return out;
  },

  // nets lists what of the page is not in the region that is drawn, x0, y0, x1, y1;
  // without one, in a frame, all of the frame is.
  nets(region) {
    region ||= everywhere;
    const {layout, items} = now();
    return [...clipped(items), ...beyond(items, region), ...vanished(items), ...covered(items, layout), ...unopened(now()), ...unended(now()), ...unturnedIn(now()), ...unwatchedIn(now()), ...undrawnIn(now()), ...undrawable(now())];
  },
});
