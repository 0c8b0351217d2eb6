// What a place shows in turn, by itself: banners and notices that a script puts
// where others were, as new elements, or as another picture of one. Each is noted
// while it stands, and what is gone in the end is drawn by restore.js.

const turnStands = 700; // ms of the page's time that words must stand for a shopper to read them
const turnPasses = {picture: 12, text: 4}; // spans of the page's time that a place is given, while each brings something new
const turnMost = {picture: 40, text: 20, drawing: 12}; // of one place

// takingTurns are the places in which something was changed: what they showed by
// now, how often it was another, and whether something new came in this span of time.
const takingTurns = new Map();
const standing = new Map(); // what was put somewhere, by key, until it stood long enough
let sketches = 0; // spans of the page's time in which a canvas showed something new
let noteMost = 30000; // elements are looked at, in all

// readable notes what stood long enough, and forgets what did not.
const readable = () => {
  const at = performance.now();
  for (const [key, {item, since, turn}] of standing) {
    const e = item.e.deref();
    if (at - since >= turnStands) {
      standing.delete(key);
      if (++turn[item.kind] > turnMost[item.kind]) { turn.open ||= item.kind === 'picture'; continue; }
      if (item.shot) drawnInTurn.set(key, item.shot);
      else if (!seen.has(key)) seen.set(key, item);
    } else if (!e || !e.isConnected || (item.shot ? 'drawing ' + e.outerHTML !== key : item.kind === 'picture' ? pictureOf(e) !== item.key : !ownTexts(e).some(n => n.data.replace(/\s+/g, ' ').trim() === item.key))) {
      standing.delete(key);
    }
  }
};

// turnOf is what is known of a place.
const turnOf = place => takingTurns.get(place) || (takingTurns.set(place, {known: new Set(), swaps: 0, fresh: '', spans: 0, picture: 0, text: 0, drawing: 0, changes: 0, open: false}), takingTurns.get(place));

// note takes note of what elements of a place show.
const drawnAlike = /^(canvas|svg|video|embed|object|iframe|frame)$/; // of which there is no picture to be drawn again
const note = (place, list, layout) => {
  const turn = turnOf(place);
  for (const e of list) {
    if (--noteMost < 0) return;
    if (e.localName === 'img' && !e.complete) e.addEventListener('load', () => note(place, [e], new Layout()), {once: true});
    const {fixed} = layout.of(e);
    if (fixed && fixed.offsetWidth * fixed.offsetHeight < matter.pane * innerWidth * innerHeight || !layout.visible(e)) continue;
    if (e.localName === 'svg' && !e.ownerSVGElement) noteDrawing(turn, e);
    if (drawnAlike.test(e.localName)) continue;
    for (const item of itemsOf(e, layout)) {
      if (item.kind === 'picture' && areaOf(item) < matter.area || seenOf(item).share < .5) continue;
      const key = keyOf(item);
      if (!turn.known.has(key)) {
        turn.known.add(key);
        if (turn.fresh !== 'picture') turn.fresh = item.kind;
      }
      shownInTurn.add(e);
      if (standing.has(key) || seen.has(key)) continue;
      standing.set(key, {turn, since: performance.now(), item: {...item, e: new WeakRef(e), clip: null, size: e.naturalWidth * e.naturalHeight, turn: true, scene: scene(item, layout)}});
    }
  }
};

// noteDrawing keeps a copy of an svg: as an element it says all that it takes to draw it.
const drawnInTurn = new Map();
const noteDrawing = (turn, e) => {
  const b = e.getBoundingClientRect(), key = 'drawing ' + e.outerHTML;
  if (b.width * b.height < matter.area || key.length > 100000) return;
  shownInTurn.add(e);
  if (turn.known.has(key)) return;
  turn.known.add(key);
  turn.fresh = 'picture';
  standing.set(key, {turn, since: performance.now(), item: {kind: 'drawing', key, e: new WeakRef(e), shot: {copy: e.cloneNode(true), w: b.width, h: b.height, anew() {}}}});
};

// otherDrawings lists those that stood long enough and are gone.
const otherDrawings = () => {
  const there = new Set();
  for (const scope of scopes) for (const e of scope.querySelectorAll('svg')) there.add('drawing ' + e.outerHTML);
  return [...drawnInTurn].filter(([key]) => !there.has(key)).map(([, shot]) => shot);
};

// shownInTurn are the elements that were noted; what was there before was looked at while the page was walked.
const shownInTurn = new WeakSet();
const wasShown = n => n.nodeType === Node.TEXT_NODE ? letterCount(n.data) > 3 : n.nodeType === Node.ELEMENT_NODE && [n, ...n.querySelectorAll('*')].slice(0, 300).some(e => shownInTurn.has(e) || looks.has(e) || e.localName === 'img');

// grounds are the pictures that elements had as a background when they were last asked for it.
const groundsKnown = new WeakMap();
const wordsOf = text => text.replace(/[\d\s]+/g, ''); // a clock's digits change
const attendant = new MutationObserver(changes => {
  readable();
  const put = new Map(), swapped = new Set();
  const add = (place, e) => {
    const list = put.get(place) || new Set();
    put.set(place, list.add(e));
    if (!e.firstElementChild) return;
    for (const c of e.querySelectorAll('*')) if (list.size < 1000) list.add(c);
  };
  for (const {type, target, attributeName, oldValue, addedNodes, removedNodes} of changes) {
    if (type === 'characterData') {
      const e = target.parentElement;
      if (!e || letterCount(target.data) <= 3 || wordsOf(oldValue) === wordsOf(target.data)) continue;
      if (letterCount(oldValue) > 3) swapped.add(e);
      add(e, e);
    } else if (type === 'attributes') {
      if (attributeName === 'style' && !(target.getAttribute('style') || '').includes('url(')) continue; // it moves
      const svg = target.ownerSVGElement;
      if (svg) {
        if (attributeName === 'href') { swapped.add(svg); add(svg, svg); }
        continue;
      }
      const img = target.localName === 'source' && target.parentElement && target.parentElement.querySelector('img');
      if (img) { // which has not chosen yet
        img.addEventListener('load', () => { readable(); turnOf(img).swaps++; note(img, [img], new Layout()); }, {once: true});
        continue;
      }
      const list = attributeName === 'class' && target.childElementCount && target.childElementCount <= 30 ? [target, ...target.querySelectorAll('*')].slice(0, 60) : [target];
      for (const e of list) {
        if (--noteMost < 0) return;
        const is = pictureOf(e), was = groundsKnown.get(e);
        groundsKnown.set(e, is);
        if (is === null || is === was || was === undefined && seen.has('picture ' + is)) continue;
        swapped.add(e);
        add(e, e);
      }
    } else {
      const place = target.nodeType === Node.ELEMENT_NODE ? target : target.host || target.documentElement;
      if (!place || place.localName === 'head') continue;
      for (const n of addedNodes) {
        if (n.nodeType === Node.ELEMENT_NODE && n.isConnected) add(place, n);
        else if (n.nodeType === Node.TEXT_NODE && letterCount(n.data) > 3) add(place, place);
      }
      if (removedNodes.length && (put.has(place) || takingTurns.has(place)) && [...removedNodes].some(wasShown)) swapped.add(place);
    }
  }
  for (const place of swapped) {
    turnOf(place).swaps++;
    if (!put.has(place)) add(place, place); // what took the place before the other left it
  }
  if (!put.size) return;
  if (animations().length) hurry();
  const layout = new Layout();
  for (const [place, list] of put) { // what comes once came late, and takes no turns
    const turn = turnOf(place);
    if (turn.swaps || turn.changes++) note(place, list, layout);
  }
});

// inTurn says whether something stood for long in a place in which it was one of many.
const inTurn = item => item.turn || item.scene && item.scene.places.some(({a}) => { const turn = takingTurns.get(a.deref()); return turn && turn.swaps && turn.text; });

Object.assign(pageinspect, {
  // attend takes note, until it is asked what there was, of what comes in turn. It
  // says whether anything could.
  attend() {
    if (!document.scripts.length && scopes.length === 1) return false;
    sketchInTime(true);
    for (const scope of scopes) {
      attendant.observe(scope, {childList: true, subtree: true, characterData: true, characterDataOldValue: true, attributes: true, attributeFilter: ['src', 'srcset', 'href', 'class', 'style']});
    }
    return true;
  },

  // attended says whether something new came in turn somewhere, so that more time
  // is worth its while; else it attends no longer.
  attended() {
    readable();
    let more = sketched && sketches++ < turnPasses.picture;
    sketched = false;
    for (const turn of takingTurns.values()) {
      if (turn.swaps && turn.fresh) {
        if (++turn.spans < turnPasses[turn.fresh]) more = true;
        else turn.open ||= turn.fresh === 'picture';
      }
      turn.fresh = '';
    }
    if (!more) {
      attendant.disconnect();
      sketchInTime(false);
      if (self !== top) stageShots(); // nobody says when its scripts are stopped
    }
    return more;
  },

  // inTurn are the places that show things in turn, the outermost of each: how
  // much there is in the page does not tell by them that it grew.
  inTurn: () => [...takingTurns].filter(([e, turn]) => turn.swaps > 1 && e.isConnected && e.offsetHeight <= innerHeight * 1.5).map(([e]) => e).filter((e, i, all) => !all.some(a => a !== e && a.contains(e))),
});

// unended tells of places in which the pictures did not come to an end.
const unended = ({layout}) => [...takingTurns].filter(([e, turn]) => turn.open && e.isConnected && layout.visible(e) && !aside(e)).map(([e]) => {
  const s = layout.of(e), b = e.getBoundingClientRect();
  return {kind: 'loading', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), source: nameOf(e), why: 'it shows pictures in turn, more than were waited for'};
});
