// What takes room in the page and is not to be seen there: faded out, turned on its
// edge, masked. It waits for a place of the window that it has not been in.

// edgeways says whether an element is turned, or scaled, until nothing of it is left.
const edgeways = (e, look) => {
  if (!look || ![look.transform, look.scale, look.rotate].some(v => v && v !== 'none')) return false;
  const b = e.getBoundingClientRect();
  return b.width * b.height < 1 && e.offsetWidth > 0 && e.scrollHeight > 0;
};

// veilOf is the outermost element that keeps one in the page's flow from being
// seen; null if it is to be seen.
const veilOf = (e, layout) => {
  const s = layout.of(e);
  if (!s.shown || s.out || s.gone || s.opacity >= matter.clear && s.shows && !s.turned) return null;
  let veil = null;
  for (let a = e; a; a = flatParent(a)) {
    const {look, shows} = layout.of(a);
    if (!shows || look && (look.opacity * throughFilter(look.filter) < matter.clear || edgeways(a, look))) veil = a;
  }
  return veil;
};

// presses says whether most of what an element says is said by what can be pressed.
const presses = e => {
  let letters = 0;
  for (const b of e.querySelectorAll('a[href],button,label')) letters += letterCount(b.textContent);
  return letters * 2 > letterCount(e.textContent);
};

// reveal shows what matters and is veiled, where nothing else is to be seen.
const reveal = ({layout, all, items}) => {
  const veils = new Set();
  for (const e of all) {
    if (veils.size >= 2000) break;
    const veil = (ownTexts(e).length || pictureOf(e, layout.of(e).ground) !== null) && veilOf(e, layout);
    if (veil && layout.of(veil).shows) veils.add(veil);
  }
  const shown = [], taken = [];
  for (const e of veils) {
    if (aside(e) || hiddenByUs(e) || !rich(e) || presses(e)) continue;
    const was = e.getAttribute('style'), {look} = layout.of(e), styles = {opacity: 1};
    if (throughFilter(look.filter) < matter.clear) styles.filter = 'none';
    if (edgeways(e, look) || look.transform.startsWith('matrix3d')) Object.assign(styles, {transform: 'none', scale: 'none', rotate: 'none'});
    shown.push({e, was, styles});
  }
  for (const {e, styles} of shown) set(e, styles); // all, before any is measured
  const back = shown.filter(({e}) => {
    const b = e.getBoundingClientRect(), {dx, dy} = layout.of(e), box = {x0: b.left + dx, y0: b.top + dy, x1: b.right + dx, y1: b.bottom + dy};
    if (areaOf(box) < matter.area || [...items, ...taken].some(i => areaOf(within(i, box)) > .2 * Math.min(areaOf(i), areaOf(box)))) return true;
    taken.push(box);
    return false;
  });
  for (const {e, was} of back) was === null ? e.removeAttribute('style') : e.setAttribute('style', was);
};

// unmask takes away the mask of what holds something, and a clip-path of which
// nobody knows what it leaves. That of an empty element is the picture.
const unmask = (e, style) => {
  if (style.maskImage !== 'none' && rich(e)) set(e, {'mask-image': 'none'});
  if (/^(url|path|shape)\(/.test(style.clipPath) && e.ownerSVGElement === undefined && rich(e)) set(e, {'clip-path': 'none'});
};
