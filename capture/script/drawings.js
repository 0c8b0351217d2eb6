// What a canvas shows changes without a trace in the page: by the scroll position,
// by frames, by timers. What it showed is copied while it is there.

const sketchSize = {w: 96, h: 48}; // by which what it shows is compared
const shotsMost = 12, shotsBytes = 64 << 20; // of one canvas; of all of them
const drawFrames = 20; // frames in which a canvas may come to rest after the page was scrolled
let copied = 0;

// sketchOf is how a canvas looks, small; null if a picture of another site is in it,
// which nobody may read; '' if nothing is to be seen in it.
const sketchOf = e => {
  const c = document.createElement('canvas'), {w, h} = sketchSize;
  c.width = w; c.height = h;
  const to = c.getContext('2d', {willReadFrequently: true});
  try {
    to.drawImage(e, 0, 0, w, h);
    const {data} = to.getImageData(0, 0, w, h);
    return data.some(v => v) ? data : '';
  } catch { return e.width && e.height ? null : ''; }
};

// unlike says whether two sketches differ in more than so much of what they show.
const unlike = (a, b, share = .04) => {
  if (!a || !b) return a !== b;
  let n = 0;
  for (let i = 0; i < a.length; i += 4) if (Math.max(Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2]), Math.abs(a[i + 3] - b[i + 3])) > 40) n++;
  return n > sketchSize.w * sketchSize.h * share;
};

// canvases are those that could be seen, each with what it showed, and whether it
// never stands, and stays where it is in the window while that is scrolled.
const canvases = new Map();
const findCanvases = list => {
  for (const e of list) if (e.localName === 'canvas' && !canvases.has(e)) canvases.set(e, {shots: [], last: undefined, moves: false, y: NaN, top: NaN, pinned: false});
};
const inWindow = e => { const b = e.getBoundingClientRect(); return b.bottom > 0 && b.top < innerHeight && b.width * b.height >= matter.area; };

// drawn waits until the canvases in the window stand.
const drawn = async () => {
  findCanvases(document.getElementsByTagName('canvas')); // those in shadow roots are found by collect
  for (const f of document.getElementsByTagName('iframe')) {
    const inside = insideOf(f);
    if (inside) findCanvases(inside.getElementsByTagName('canvas'));
  }
  if (!canvases.size) return;
  const watched = [...canvases].filter(([e, d]) => !d.moves && inWindow(e));
  let moving = watched.map(([e, d]) => ({e, d, was: sketchOf(e)}));
  for (let n = 0; moving.length && n < drawFrames; n++) {
    await frame();
    moving = moving.filter(m => { const is = sketchOf(m.e), more = unlike(is, m.was, 0); m.was = is; return more; });
  }
  for (const {d} of moving) d.moves = true;
};

// take copies what a canvas shows, if it did not before. Of one that may not be read
// it copies what it shows at each place to which the page is scrolled, if it is pinned.
const take = (e, d, small) => {
  const b = e.getBoundingClientRect(), y = scrollY;
  const scrolled = from => Math.abs(y - from) > 100; // and not by a hand that is seen first
  if (scrolled(d.y) && d.shots.length) d.pinned ||= Math.abs(d.top - b.top) <= 2;
  const again = small === null ? d.shots.some(s => !d.pinned || !scrolled(s.y)) : d.shots.some(s => !unlike(s.small, small));
  Object.assign(d, {y, top: b.top});
  if (small === '' || again) return false;
  if (d.shots.length >= shotsMost) { // of more, each other is kept
    if ((d.more = !d.more)) return false;
    d.shots = d.shots.filter((s, i) => i % 2 === 0);
  }
  const less = Math.min(1, 1600 / e.width, 1600 / e.height), copy = document.createElement('canvas');
  copy.width = Math.max(1, Math.round(e.width * less));
  copy.height = Math.max(1, Math.round(e.height * less));
  if ((copied += copy.width * copy.height * 4) > shotsBytes) return false;
  copy.getContext('2d').drawImage(e, 0, 0, copy.width, copy.height);
  d.shots.push({small, copy, w: b.width, h: b.height, y, moves: d.moves});
  return true;
};

// sketchView takes what the canvases in the window show.
const sketchView = layout => {
  for (const [e, d] of canvases) if (inWindow(e) && layout.visible(e) && !aside(e)) take(e, d, sketchOf(e));
};

// While it is attended to what comes in turn, canvases are looked at twice a second
// of the page's time, wherever they are: what stands for so long can be read.
let sketching = 0, sketched = false;
const sketchInTime = on => {
  clearInterval(sketching);
  if (!on || !canvases.size) return;
  sketching = setInterval(() => {
    const layout = new Layout();
    for (const [e, d] of canvases) {
      const is = e.isConnected && layout.visible(e) && e.offsetWidth * e.offsetHeight >= matter.area ? sketchOf(e) : null, was = d.last;
      d.last = is;
      if (is && was && !unlike(is, was, 0)) sketched = take(e, d, is) || sketched;
    }
  }, 500);
};

// shotsOf lists what canvases showed, and do not show now. What one that scrolls
// with the page showed on its way to where it stands is none.
const shotsOf = () => {
  const out = [];
  for (const [e, d] of canvases) {
    if (!e.isConnected || hiddenByUs(e)) continue; // of one that is gone, that is said
    const is = sketchOf(e);
    for (const s of d.shots) if (!(s.moves && !d.pinned) && (is === null ? Math.abs(s.y - scrollY) > 100 : unlike(is, s.small))) out.push(s);
  }
  return out;
};

// stageShots puts what canvases showed into the page, out of sight: a canvas that
// comes into one whose scripts are off is never drawn.
let staged = [];
const stageShots = () => {
  staged = [...shotsOf(), ...watchedShots.splice(0)];
  for (const s of staged) {
    set(s.copy, {all: 'initial', position: 'absolute', left: '0', top: '0', width: '0', height: '0', visibility: 'hidden'});
    ourLayer().append(s.copy);
  }
};

// Scripts are off when the page is unfolded, and a canvas that is laid out anew
// then is none any more: in its place is what stands in it for browsers without
// scripts. redraw has it show what it held as a picture; undrawn are those of
// which there is none to be had.
const undrawn = new Set(), redrawn = new WeakSet();
const redraw = async () => {
  const probes = new Map();
  for (const scope of scopes) {
    for (const e of scope.querySelectorAll('canvas')) {
      if (e.width * e.height < matter.area || redrawn.has(e)) continue;
      const probe = e.ownerDocument.createElement('i');
      probe.style.cssText = 'all:initial!important;display:inline-block!important;width:1px!important;height:1px!important';
      probes.set(e, probe);
      e.prepend(probe);
    }
  }
  const lost = [...probes].filter(([, probe]) => probe.getClientRects().length).map(([e]) => e);
  for (const probe of probes.values()) probe.remove();
  const coming = [];
  for (const e of lost) {
    if (sketchOf(e) === '') continue;
    redrawn.add(e);
    undrawn.add(e);
    if ((copied += e.width * e.height * 4) > shotsBytes) continue;
    try {
      const address = e.toDataURL(), i = new Image();
      coming.push(new Promise(done => { i.onload = () => { undrawn.delete(e); done(); }; i.onerror = done; }));
      i.src = address;
      set(e, {content: `url("${address}")`});
    } catch { /* a picture of another site is in it */ }
  }
  if (!coming.length) return;
  const late = async () => { for (let n = 0; n < drawFrames; n++) await frame(); };
  await Promise.race([Promise.all(coming), ...self === top ? [late()] : []]);
};
// undrawnIn tells of them.
const undrawnIn = ({layout}) => [...undrawn].filter(e => e.isConnected && layout.of(e).shown).map(e => {
  const s = layout.of(e), b = e.getBoundingClientRect();
  return {kind: 'vanished', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), why: 'a drawing could not be drawn where it was laid out'};
});

// asksForFrames says whether the page asked for animation frames since it was last
// called: they are numbered through, ours, too.
const lastFrame = new WeakMap();
const asksForFrames = () => {
  let any = false;
  for (const scope of scopes) {
    const w = scope.defaultView;
    if (!w) continue;
    const id = w.requestAnimationFrame(() => {}), was = lastFrame.get(w), ours = w === self ? framesAsked : 0;
    if (was ? id - was.id - 1 > ours - was.ours : scope !== document && scope.scripts.length) any = true;
    lastFrame.set(w, {id, ours});
  }
  return any;
};

Object.assign(pageinspect, {
  // frames gives the page animation frames for as long as it asks for them, at most
  // so many, and not more than idle in which nothing is changed.
  async frames(most, idle) {
    let changed = false, quiet = 0;
    const observer = new MutationObserver(() => { changed = true; }), was = new Map();
    for (const scope of scopes) observer.observe(scope, {childList: true, characterData: true, attributes: true, subtree: true});
    asksForFrames();
    for (let n = 1, calm = 0; n <= most && calm < idle && quiet < 2; n++) {
      await frame();
      quiet = asksForFrames() ? 0 : quiet + 1;
      if (n % 10 === 0) {
        for (const [e] of canvases) {
          const is = sketchOf(e);
          changed ||= was.has(e) && unlike(was.get(e), is, 0);
          was.set(e, is);
        }
      }
      calm = changed ? 0 : calm + 1;
      changed = false;
    }
    observer.disconnect();
    hurry();
    look();
  },
});

// A video that plays by itself is seen by who looks at the page, as a film without
// words: it is held at the first of some moments, and drawn at the others.
const videoArea = 40000, videoEach = 2.5, videoMost = 12; // px²; seconds; moments of one
const seekFrames = 120; // in which a moment is to be reached
const watchedShots = []; // what they showed at other moments
const unwatched = []; // the videos of which a moment was not reached, or that have no end

const reach = async (v, t) => {
  v.currentTime = t;
  for (let n = 0; n < seekFrames; n++) {
    await frame();
    if (!v.seeking && v.readyState >= 2) return Math.abs(v.currentTime - t) < 1; // else its server gives no part of it
  }
  return false;
};

const watchVideos = async () => {
  for (const scope of scopes) {
    for (const v of scope.querySelectorAll('video')) {
      const layout = new Layout(), b = v.getBoundingClientRect(), plays = v.played.length > 0 || !v.paused || v.autoplay && v.muted;
      v.pause();
      if (!plays || v.error || !v.videoWidth || b.width * b.height < videoArea || !layout.visible(v) || layout.of(v).fixed || aside(v)) continue;
      const lasts = v.duration;
      if (!Number.isFinite(lasts)) { unwatched.push(v); continue; } // a stream
      const many = Math.min(videoMost, Math.max(1, Math.ceil(lasts / videoEach))), shots = [];
      let whole = true;
      for (let k = many - 1; k >= 0 && whole; k--) { // and the first last, where it is held
        whole = await reach(v, (k + .5) * lasts / many);
        const small = sketchOf(v);
        if (!whole || small === '' || small !== null && shots.some(s => !unlike(s.small, small))) continue;
        const copy = document.createElement('canvas');
        copy.width = Math.min(1600, v.videoWidth);
        copy.height = Math.max(1, Math.round(v.videoHeight * copy.width / v.videoWidth));
        if ((copied += copy.width * copy.height * 4) > shotsBytes) { whole = false; continue; }
        copy.getContext('2d').drawImage(v, 0, 0, copy.width, copy.height);
        shots.unshift({small, copy, k, w: b.width, h: b.height});
      }
      if (!whole) unwatched.push(v);
      const held = sketchOf(v);
      watchedShots.push(...shots.filter(s => s.small === null ? s.k > 0 : unlike(s.small, held)));
    }
  }
};
// unwatchedIn tells of them.
const unwatchedIn = ({layout}) => unwatched.filter(v => v.isConnected && layout.visible(v)).map(v => {
  const s = layout.of(v), b = v.getBoundingClientRect();
  return {kind: 'unread', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), source: v.currentSrc, why: 'a video that plays by itself was not looked at to its end'};
});
