// What moves: each animation is held at a time when what it moves is to be seen.

// scopes are the documents and shadow roots that were there when the page was last gone through.
let scopes = [document];
const findScopes = () => {
  scopes = documents();
  for (const e of elements()) if (rootOf(e)) scopes.push(rootOf(e));
};

// rootsIn lists the shadow roots in an element, those in others of them, too.
const rootsIn = e => scopes.filter(s => {
  for (let host = s.host; host; host = host.getRootNode().host) if (e.contains(host)) return true;
  return false;
});

const animations = () => scopes.flatMap(s => s.getAnimations && !ourRoots.has(s) ? s.getAnimations() : []).filter(a => a.effect && a.effect.target);

// shownArea is how much of an element is to be seen, by area and opacity.
const shownArea = (e, layout) => {
  if (!layout.visible(e)) return 0;
  const s = layout.of(e), b = e.getBoundingClientRect();
  const item = {x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy, clip: s.around};
  return s.opacity * areaOf(within(seenOf(item), {...everywhere, x0: 0, y0: 0, x1: Math.max(innerWidth, root().scrollWidth)}));
};

const endOf = a => a.effect.getComputedTiming().endTime;
const scrolled = a => a.timeline && !(a.timeline instanceof DocumentTimeline);

// stations are the times at which an animation is looked at, the one that is
// liked best first: the end of one that ends, else the style without it.
const stations = a => {
  const {delay, activeDuration, duration} = a.effect.getComputedTiming();
  if (scrolled(a)) return ['none', ...[50, 25, 75, 0, 100].map(p => CSS.percent(p))];
  if (activeDuration === Infinity) return ['none', ...[0, .25, .5, .75, .99].map(p => delay + p * duration)];
  return ['end', ...[.75, .5, .25, 0].map(p => delay + p * activeDuration)];
};
const go = (a, station) => {
  try {
    if (station === 'none') return a.cancel();
    if (station === 'end') return a.finish();
    a.pause();
    a.currentTime = station;
  } catch { a.cancel(); }
};

// hurry ends what fades or slides in, so that it is seen whole while it is in the window.
const hurry = () => {
  for (const a of animations()) {
    if (scrolled(a) || a.playState !== 'running' || endOf(a) === Infinity) continue;
    const target = a.effect.target, was = shownArea(target, new Layout()), time = a.currentTime;
    if (a instanceof CSSTransition) { a.finish(); continue; }
    a.currentTime = Math.max(time || 0, endOf(a) - 1);
    if (shownArea(target, new Layout()) < was) a.currentTime = time;
  }
};

// moved are the elements that an animation moves, which decides how they look.
const moved = new WeakSet();

// picturesIn lists the pictures that an animation has as an element's background.
const keyframed = new Map();
const picturesIn = a => {
  const list = new Set();
  if (a instanceof CSSTransition) return [];
  for (const {backgroundImage} of a.effect.getKeyframes()) for (const [, address] of (backgroundImage || '').matchAll(/url\("?(.*?)"?\)/g)) list.add(resolved(address, a.effect.target));
  return [...list];
};

// still holds every animation where it shows most.
const still = ended => {
  findScopes();
  for (const e of ended) { // begins anew what showed something, and has hidden it again by ending
    const was = e.style.animation;
    e.style.animation = 'none';
    e.getBoundingClientRect();
    e.style.animation = was;
  }
  const all = animations().map(a => ({a, at: stations(a), shown: [], pictures: picturesIn(a)}));
  for (const {a, pictures} of all) if (pictures.length > 1 && !a.effect.pseudoElement) keyframed.set(a.effect.target, pictures);
  for (const {a} of all) if (!(a instanceof CSSTransition)) moved.add(a.effect.target);
  if (!all.length) return;
  for (let k = 0; k < 6; k++) {
    for (const one of all) if (k < one.at.length) go(one.a, one.at[k]);
    const layout = new Layout();
    for (const {a, at, shown, pictures} of all) {
      if (k >= at.length) continue;
      const e = a.effect.target, part = pictures.length && !getComputedStyle(e, a.effect.pseudoElement).backgroundImage.includes('url(') ? .5 : 1;
      shown.push(part * shownArea(e, layout));
    }
  }
  for (const {a, at, shown} of all) {
    const most = Math.max(...shown);
    go(a, at[shown.findIndex(s => s >= most * .98)]);
  }
  // A paused animation of a timeline that is scrolled goes on by itself when
  // the window changes, as it does while a tile is drawn: its values stay, it goes.
  const pinned = all.filter(({a}) => !a.effect.pseudoElement && !(a instanceof CSSTransition)).map(({a}) => {
    const style = getComputedStyle(a.effect.target), values = {};
    for (const frame of a.effect.getKeyframes()) {
      for (const name in frame) {
        if (/^(offset|computedOffset|easing|composite)$/.test(name)) continue;
        const property = name.startsWith('--') ? name : name.replace(/[A-Z]/g, c => '-' + c.toLowerCase());
        values[property] = style.getPropertyValue(property);
      }
    }
    return {a, values};
  });
  for (const {a, values} of pinned) {
    set(a.effect.target, values);
    if (a instanceof CSSAnimation) set(a.effect.target, {animation: 'none'}); else a.cancel();
  }
};

// everyone puts a style on all elements, in all documents and shadow roots.
const everyone = css => {
  for (const s of scopes) {
    try {
      const sheet = new ((s.ownerDocument || s).defaultView.CSSStyleSheet)();
      sheet.replaceSync(css);
      s.adoptedStyleSheets = [...s.adoptedStyleSheets, sheet];
    } catch { /* a document without a window */ }
  }
};

// How things looked when they were seen, at their best: what shows itself only
// while it is in the window is hidden again when the page is drawn.
const looks = new Map();
const remember = (e, layout) => {
  for (; e; e = flatParent(e)) {
    const {look} = layout.of(e), known = looks.get(e);
    if (known && (known.clear > look.clear || known.clear === look.clear && known.size >= look.size - .01)) return;
    looks.set(e, look);
  }
};

// hold gives what was seen the looks back that it had then.
const hold = () => {
  for (const [e, was] of looks) {
    if (!e.isConnected || hiddenByUs(e) || moved.has(e)) continue;
    const now = getComputedStyle(e), fixed = now.position === 'fixed';
    const whole = was.opacity > .98; // else it was caught on its way
    const faded = +now.opacity < was.opacity - .02;
    if (faded) set(e, {opacity: whole ? was.opacity : 1});
    if (now.visibility !== was.visibility && was.visibility === 'visible') set(e, {visibility: 'visible'});
    if (now.display === 'none' && !fixed) set(e, {display: was.display});
    for (const name of ['transform', 'translate', 'scale', 'rotate', 'filter', 'clip-path']) {
      if (!(name in was) || fixed || (!whole && !faded)) continue;
      const then = whole ? was[name] : 'none';
      if (now.getPropertyValue(name) !== then) set(e, {[name]: then});
    }
  }
  looks.clear(); // once: what is laid out otherwise from here on stays so
};
