// What was in the page while it was scrolled, and was taken out of it again: the
// rows of a virtual list, the pictures that one element shows in turn. It is put
// back where it was seen, or, where something else stands now, below the page.

// scene is what it takes to show an item again when its element is gone.
const scene = (item, layout) => {
  const {e} = item, s = layout.of(e), places = [];
  let ground = '';
  for (let a = e; a && places.length < 12; a = flatParent(a)) {
    const own = getComputedStyle(a);
    if (!ground && alpha(own.backgroundColor) > .5) ground = own.backgroundColor;
    if (a === e || own.position === 'fixed') continue;
    const b = a.getBoundingClientRect();
    places.push({a: new WeakRef(a), still: own.transform === 'none' && own.display !== 'contents', x: item.x0 - s.dx - b.left + a.scrollLeft, y: item.y0 - s.dy - b.top + a.scrollTop});
  }
  const {font, color, letterSpacing, textAlign, textTransform} = getComputedStyle(e);
  if (!ground) ground = paleness(color) > .6 ? '#444' : '#fff'; // it stood on a picture
  const picture = !/^(canvas|svg|video|embed|object|iframe|frame)$/.test(e.localName);
  return {places, picture, look: item.kind === 'text' ? {font, color, 'letter-spacing': letterSpacing, 'text-align': textAlign, 'text-transform': textTransform, background: ground} : null};
};

// paleness is how bright a colour is, from 0 to 1.
const paleness = color => {
  const [r, g, b] = (color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  return (.3 * r + .6 * g + .1 * b) / 255;
};

// placeOf is where on the page a seen item belongs now: its place in the
// innermost element around it that is still there, and did not move it.
const placeOf = item => {
  for (const p of item.scene.places) {
    const a = p.a.deref();
    if (!a || !a.isConnected || !p.still || a.ownerDocument !== document) continue;
    const b = a.getBoundingClientRect();
    if (b.width && p.y < b.height + 1) return {x: b.left + scrollX + p.x, y: b.top + scrollY + p.y};
  }
  return null;
};

// others are the pictures that one element showed in turn, but for those that are there or listed.
const others = (items, listed) => {
  const out = [], there = new Set([...items.map(i => i.key), ...listed]);
  for (const i of items) {
    const all = turned.get(i.e), keyed = keyframed.get(i.e) || [];
    if (i.kind !== 'picture' || !(all && all.size > 2 || keyed.length) || areaOf(i) < matter.area) continue;
    for (const key of [...all && all.size > 2 ? all : [], ...keyed]) {
      if (there.has(key) || standsIn({key}, i.e)) continue;
      there.add(key);
      out.push({...i, key, scene: null});
    }
  }
  return out;
};

let layer = null; // ours, over the page
const ourLayer = () => {
  if (!layer) {
    layer = document.createElement('div');
    set(layer, {all: 'initial', position: 'absolute', left: '0', top: '0', width: '0', height: '0', 'z-index': 2147483646});
    document.documentElement.append(layer);
  }
  return layer;
};

const restore = () => {
  const {items} = now(), lost = missing(items).flatMap(g => g.items).filter(i => i.scene && (i.kind === 'text' || i.scene.picture));
  lost.push(...others(items, new Set(lost.map(i => i.key))));
  for (const s of [...staged.splice(0), ...otherDrawings()]) lost.push({kind: 'drawing', x0: 0, y0: 0, x1: s.w, y1: s.h, drawing: s.copy, anew: s.anew});
  if (!lost.length) return false;
  const there = items.map(i => ({...i, ...seenOf(i)})), put = [];
  let x = 0, y = Math.max(height(), innerHeight), row = 0;
  for (const item of lost) {
    const w = item.x1 - item.x0, h = item.y1 - item.y0, at = item.scene && placeOf(item);
    const box = at && {x0: at.x, y0: at.y, x1: at.x + w, y1: at.y + h};
    const takes = t => areaOf(within(t, box)) > .2 * Math.min(areaOf(t), areaOf(box));
    const free = box && !there.some(takes) && !(item.kind === 'picture' && put.some(takes));
    if (free && item.kind === 'picture') put.push(box);
    const e = item.drawing || document.createElement(item.kind === 'text' ? 'div' : 'img');
    if (item.kind === 'text') e.textContent = item.key; else if (item.kind === 'picture') e.src = item.key;
    if (!free && x + w > innerWidth) { x = 0; y += row; row = 0; }
    set(e, {...(item.anew ? {} : {all: 'initial'}), ...(item.scene && item.scene.look), position: 'absolute', left: (free ? box.x0 : x) + 'px', top: (free ? box.y0 : y) + 'px', width: Math.ceil(w) + 1 + 'px', height: Math.ceil(h) + 'px', overflow: 'hidden'});
    if (!item.drawing || item.anew) ourLayer().append(e);
    if (item.anew) item.anew();
    changes++;
    if (!free) { x += w; row = Math.max(row, h); }
  }
  return true;
};

Object.assign(pageinspect, {
  // restore puts back what was taken out; it says whether there was anything.
  async restore() {
    const any = restore();
    if (any) { await frame(); await frame(); }
    return any;
  },
});
