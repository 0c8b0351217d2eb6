// What a page shows one at a time, or only when it is asked: slides, tabs,
// closed details. All of it is laid out, one after the other.

// state are the words by which pages tell the one of many that is shown now.
const state = /^(is-|js-)?(active|on|current|show|shown|in|selected|open|opened|prev|next|hide|hidden|off|fade|first|last|visible|inactive|\d+)$|-(active|prev|next|start|end|left|right|visible|current|selected)$/;
const kindOf = e => e.localName + ' ' + (typeof e.className === 'string' ? e.className.trim().split(/\s+/).filter(c => c && !state.test(c)).map(c => c.replace(/\d+$/, '')).sort().join(' ') : '');

// rich says whether an element, shown or not, has enough in it to matter.
const rich = (e, most = 1) => {
  let area = 0;
  const roots = rootsIn(e), pictures = e.localName === 'img' ? [e] : [e, ...roots].flatMap(r => [...r.querySelectorAll('img,canvas,video,iframe')]);
  for (const i of pictures) area += (i.naturalWidth || +i.getAttribute('width') || 0) * (i.naturalHeight || +i.getAttribute('height') || 0) || (laterOf(i).src || laterOf(i).set ? matter.area : 0);
  if (enough(0, area, most)) return true;
  for (const slot of e.querySelectorAll('slot')) if (slot.assignedElements().some(c => rich(c, most))) return true;
  let text = '';
  for (const r of [e, ...roots]) {
    const walker = e.ownerDocument.createTreeWalker(r, NodeFilter.SHOW_TEXT);
    for (let n = walker.nextNode(); n && text.length < 4000; n = walker.nextNode()) {
      if (!n.parentElement || !/^(script|style|template|noscript|option)$/.test(n.parentElement.localName)) text += n.data;
    }
  }
  if (enough(letterCount(text), 0, most)) return true;
  return [e, ...e.querySelectorAll('*')].some(x => (pictureOf(x) !== null || laterGround(x)) && x.offsetWidth * x.offsetHeight >= matter.area);
};

// inFlow says whether an element would push others away if it were shown: what
// opens over the page would not.
const inFlow = e => {
  const {position} = getComputedStyle(e);
  return position === 'static' || position === 'relative';
};

// displays are how elements are shown that are no blocks.
const displays = {tr: 'table-row', td: 'table-cell', tbody: 'table-row-group', li: 'list-item'};

// show shows an element that was not displayed, or not visible, where it is.
const show = (e, like) => {
  const style = getComputedStyle(e), flat = edgeways(e, {transform: style.transform, scale: style.scale, rotate: style.rotate});
  if (style.display === 'none') {
    e.removeAttribute('hidden');
    changes++;
    if (getComputedStyle(e).display === 'none') set(e, {display: like ? getComputedStyle(like).display : displays[e.localName] || 'block'});
  }
  if (style.visibility !== 'visible') set(e, {visibility: 'visible'});
  if (+style.opacity < matter.clear) set(e, {opacity: 1});
  if (style.contentVisibility === 'hidden') set(e, {'content-visibility': 'visible'});
  if (flat) set(e, {transform: 'none', scale: 'none', rotate: 'none'});
  if (parseFloat(style.maxHeight) < 8 || parseFloat(style.height) < 8) {
    set(e, {'max-height': 'none', height: 'auto', overflow: 'visible'});
    for (const c of e.children) if (c.offsetHeight < 8 && c.scrollHeight > 8) set(c, {'max-height': 'none', height: 'auto', overflow: 'visible'});
  }
  loosen(e);
};

const isShown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true}) && getComputedStyle(e).opacity >= matter.clear;

const sameBox = (a, b) => {
  const x = {x0: a.left, y0: a.top, x1: a.right, y1: a.bottom}, y = {x0: b.left, y0: b.top, x1: b.right, y1: b.bottom};
  return areaOf(x) >= matter.area && areaOf(within(x, y)) > .8 * Math.max(areaOf(x), areaOf(y));
};

// boxBefore is an element's box, and of one that is turned in space, as the sides of
// a cube are, the one that it has before.
const boxBefore = e => {
  const around = e.parentElement;
  if (!getComputedStyle(e).transform.startsWith('matrix3d') || e.offsetParent !== around) return e.getBoundingClientRect();
  const b = around.getBoundingClientRect(), left = b.left + around.clientLeft + e.offsetLeft, top = b.top + around.clientTop + e.offsetTop;
  return {left, top, right: left + e.offsetWidth, bottom: top + e.offsetHeight};
};

// uponEachOther lists those of some elements of one kind that lie in one place.
// One in the flow may be among them, to give the others their height, if it is
// told to be of their kind by a class.
const uponEachOther = alike => {
  const lifted = alike.filter(c => getComputedStyle(c).position !== 'fixed' && (!inFlow(c) || getComputedStyle(c).gridRowStart !== 'auto' || kindOf(c).trim() !== c.localName));
  const boxes = lifted.map(boxBefore);
  const upon = lifted.filter((c, i) => boxes.some((b, k) => k !== i && sameBox(b, boxes[i])));
  if (!upon.some(c => shifted(c) || getComputedStyle(c).gridRowStart !== 'auto')) return [];
  // Those that are not displayed now lie there in their turn.
  return alike.filter(c => upon.includes(c) || !c.getClientRects().length && shifted(c) && rich(c));
};

// oneDrawing says whether canvases that lie upon each other are layers of one
// drawing, as those of charts are: all are shown, and all but one of them let a
// quarter of what is below be seen. Slides are full.
const oneDrawing = list => {
  if (list.some(c => c.localName !== 'canvas' || !isShown(c) || +getComputedStyle(c).opacity < 1)) return false;
  const full = list.map(sketchOf).filter(drawn => {
    let clear = 0;
    for (let p = 3; drawn && p < drawn.length; p += 4) clear += drawn[p] < 20;
    return drawn === null || drawn && clear * 4 < drawn.length / 4; // null: nobody may look at it
  });
  return full.length < 2;
};

// shifted says whether an element is not where the flow of the page would have it.
const shifted = e => {
  const style = getComputedStyle(e), at = v => v !== 'auto' && parseFloat(v) !== 0;
  return !inFlow(e) || style.transform !== 'none' || style.translate !== 'none' || style.position === 'relative' && (at(style.left) || at(style.top));
};

// turnedAway says whether elements stand in a row in the page's flow, and are turned
// in space out of it, into the place of one: sides of a body, a pile of cards.
const turnedAway = alike => {
  if (alike.filter(shifted).length < alike.length - 1 || !alike.some(c => getComputedStyle(c).transform.startsWith('matrix3d'))) return false;
  const boxes = alike.map(c => c.getBoundingClientRect()).map(b => ({x0: b.left, y0: b.top, x1: b.right, y1: b.bottom}));
  return boxes.some((b, i) => boxes.some((a, k) => k < i && areaOf(within(a, b)) >= .5 * Math.min(areaOf(a), areaOf(b))));
};

// liftedInTurn lists elements of one kind that have one place out of the page's flow,
// if one is there now and the others are not displayed; null if that is not so.
const liftedInTurn = (alike, seenNow, layout) => {
  const lifted = alike.filter(c => getComputedStyle(c).position === 'absolute' && rich(c) && !other.test(`${c.id} ${c.className}`));
  const there = lifted.filter(c => c.getClientRects().length);
  return lifted.length > 1 && there.length === 1 && seenNow.includes(there[0]) && !layout.of(there[0]).over ? lifted : null;
};

// familyIn lists elements of one name if they share a class, though a script told
// some of them by others, and some of them are not shown; null if that is not so.
const familyIn = list => {
  const [{localName, classList}] = list;
  if (list.length < 3 || list.some(c => c.localName !== localName) || ![...classList].some(name => list.every(c => c.classList.contains(name)))) return null;
  return list.every(isShown) ? null : list;
};

// trackOf is the element in which one stands as it is drawn.
const trackOf = e => { do e = flatParent(e); while (e.localName === 'slot'); return e; };

// unturned are the carousels with slides that hold nothing until they are turned to:
// of each how many, and one that is filled.
const unturned = new Map();
const bare = e => !/\S/.test(e.textContent) && ![e, ...e.querySelectorAll('*')].some(x => /^(img|slot)$/.test(x.localName) || rootOf(x) || pictureOf(x) !== null || laterGround(x));
const mind = (e, slides) => {
  const n = slides.filter(bare).length, filled = n > 1 && n >= slides.length / 2 && slides.find(c => rich(c));
  if (filled) unturned.set(e, {n, filled});
};
const unturnedIn = ({layout}) => [...unturned].filter(([e]) => e.isConnected && layout.visible(e) && !aside(e)).map(([e, {n, filled}]) => {
  const s = layout.of(filled), b = filled.getBoundingClientRect();
  return {kind: 'loading', box: round({x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy}), source: nameOf(e), why: `${n} slides are filled only when they are turned to`};
});

const notSlides = /^(script|style|template|link|br|option|source|input|noscript)$/;

// turns lays out the slides of which one at a time is shown: elements of one
// kind that lie upon each other, or all but some of which are hidden.
const turns = ({layout, all}) => {
  for (const e of all) {
    if (e.childElementCount < 2 || e.childElementCount > 100 || /^(select|datalist|svg|head|html|tbody|tr|video|audio|picture)$/.test(e.localName)) continue;
    const kinds = new Map(), list = [...e.children].filter(c => !notSlides.test(c.localName) && !doubles.has(c));
    for (const c of list) {
      const kind = kindOf(c);
      kinds.set(kind, [...(kinds.get(kind) || []), c]);
    }
    const family = kinds.size > 1 && familyIn(list);
    for (const alike of [...family ? [family] : [], ...kinds.values()]) {
      if (alike.length < 2 || alike.every(c => stacked.has(c))) continue;
      const seenNow = alike.filter(isShown);
      let upon = turnedAway(alike) ? alike : liftedInTurn(alike, seenNow, layout) || uponEachOther(alike);
      if (alike === family) upon = upon.length < alike.length - 1 ? [] : alike; // the one that is shown may have come forward
      if (!upon.length && (alike === family || !seenNow.length || seenNow.length === alike.length)) continue;
      if (!layout.of(e).shown || aside(e) || layout.of(e).gone) continue;
      if (alike.filter(c => rich(c)).length < 2) {
        if (alike !== family) mind(e, alike.filter(c => c.getClientRects().length));
        continue;
      }
      if (upon.length && oneDrawing(upon)) continue;
      if (upon.length) {
        stack(e, trackOf(upon[0]), upon);
        if (getComputedStyle(e).position === 'absolute') set(e, {position: 'relative', inset: 'auto'}); // or it would lie over what follows
        loosen(e);
      } else {
        const known = new Set(seenNow.map(contentOf));
        for (const c of alike) {
          if (seenNow.includes(c) || !rich(c) || !inFlow(c) || known.has(contentOf(c))) continue;
          known.add(contentOf(c));
          show(c, seenNow[0]);
        }
        const boxes = alike.map(c => c.getBoundingClientRect());
        if (boxes.some((b, i) => i && sameBox(b, boxes[i - 1]))) stack(e, e, alike); // a margin had them there, in turn
      }
    }
  }
};

// halves lays out the pictures of a place of which one ends where another goes on,
// as with a "before" and an "after": a part of each is never to be seen. They are
// moved below the place, each as wide as it.
const halves = ({layout, all}) => {
  for (const e of all) {
    if (e.childElementCount < 1 || e.childElementCount > 20 || !layout.visible(e) || aside(e)) continue;
    const {offsetWidth: w, offsetHeight: h} = e;
    if (w * h < matter.area || e.localName === 'picture') continue;
    const parts = [...e.children].filter(c => layout.of(c).out && layout.visible(c) && !c.firstElementChild && pictureOf(c) !== null && c.offsetHeight >= h * .9 && c.offsetWidth >= 20 && getComputedStyle(c).position === 'absolute');
    const narrow = parts.filter(c => c.offsetWidth < w * .9 && cutsItsPicture(c));
    const own = layout.of(e).ground.includes('url(') || [...e.children].some(c => !parts.includes(c) && inFlow(c) && pictureOf(c) !== null && c.offsetHeight >= h * .9);
    if (!narrow.length || parts.length + own < 2 || parts.length > 4) continue;
    const below = own ? parts : parts.slice(1);
    for (const c of parts) {
      if (c.localName === 'img') set(c, {'object-fit': 'contain'});
      else if (getComputedStyle(c).backgroundSize === 'cover') set(c, {'background-size': 'contain', 'background-repeat': 'no-repeat'});
    }
    parts.forEach((c, i) => set(c, {left: '0', right: 'auto', bottom: 'auto', top: h * (own ? i + 1 : i) + 'px', width: w + 'px', height: h + 'px', 'max-width': 'none'}));
    set(e, {overflow: 'visible', 'margin-bottom': (parseFloat(getComputedStyle(e).marginBottom) || 0) + h * below.length + 'px'});
    loosen(e);
  }
};

// cutsItsPicture says whether an element may show but a part of its picture.
const cutsItsPicture = e => {
  const {backgroundSize, objectFit} = getComputedStyle(e);
  if (e.localName === 'img') return objectFit === 'cover' || objectFit === 'none';
  return !/^(contain|100%( 100%| auto)?)$/.test(backgroundSize);
};

// What says, by its name, that it holds what the page is about, and what that it does not.
const about = /detail|desc|review|info|spec|content|goods|product|prd|panel|tab[-_]?(con|cnt|body|item)|accordion|collapse|faq|qna|notice|guide|상세|설명|후기/i;
const other = /layer|popup|pop_|modal|dialog|toast|menu|gnb|lnb|nav|search|login|cart|option|select|mobile|(^|[-_\s])(m|mo|sp|app|pc)([-_\s]|$)|templ|skeleton|loading|error|empty|share|tooltip|hidden|dropdown/i;

// says is what a button says that shows more of what it stands by.
const says = /더\s*보기|펼쳐\s*보기|펼치기|(전체|모두|상세)\s*(정보|설명)?\s*보기|자세히\s*보기|(show|view|read|see)\s+(more|all|full|details)|もっと見る|続きを読む|すべて表示/i;

const brief = e => letterCount(e.textContent) <= 30 && isShown(e);
const pressed = 'button,summary,label,[role=button],[onclick],a[href^="#"],a[href^="javascript:"],a:not([href])';

// leads says whether most of what an element says leads elsewhere, as a menu does.
const leads = e => {
  let linked = 0;
  for (const a of e.querySelectorAll('a[href]')) linked += letterCount(a.textContent);
  return linked * 2 > letterCount(e.textContent);
};

// neighbour is the element before or behind one, invisible inputs aside.
const neighbour = (e, to) => {
  for (e = e[to]; e && /^(input|script|style|template|br|hr|link)$/.test(e.localName);) e = e[to];
  return e;
};

// offered says whether an element is shown by a click on what stands by it: on a
// header right before it, or on a button before or behind it that says so.
const offered = e => {
  if (/^(form|fieldset)$/.test(e.localName) || leads(e)) return false;
  const before = neighbour(e, 'previousElementSibling');
  if (before && !/^(p|ul|ol|table)$/.test(before.localName) && brief(before) && (before.matches(pressed) || before.querySelector(pressed))) return true;
  if (before && brief(before) && getComputedStyle(before).cursor === 'pointer') return true;
  const far = e.localName === 'tr' ? 3 : 2; // out of its table
  for (let around = e, up = 0; around && up < far; around = around.parentElement, up++) {
    for (const to of ['previousElementSibling', 'nextElementSibling']) {
      const by = neighbour(around, to);
      if (by && brief(by) && says.test(by.textContent)) return true;
    }
  }
  return false;
};

// away says whether an element was moved out of the page, to the left or above.
const away = (e, layout) => {
  if (!layout.of(e).shown || inFlow(e)) return false;
  const b = e.getBoundingClientRect();
  return b.width > 1 && b.height > 1 && (b.right + scrollX <= 0 || b.bottom + scrollY <= 0);
};

// shut says whether an element has no height, and is hidden by more than that.
const shut = (e, layout) => {
  const {look, shown} = layout.of(e), around = flatParent(e);
  if (!shown || !look || !around || !layout.visible(around) || look.visibility === 'visible' && look.opacity >= matter.clear && look.transform === 'none' && (look.scale || 'none') === 'none') return false;
  return (e.offsetHeight < 8 || edgeways(e, look)) && e.scrollHeight > 20;
};

// chosen says whether an element is one of some panels of which radio buttons show one.
const choices = new Map(); // by what is around them, and their kind
const chosen = e => {
  const around = e.parentElement;
  if (!around || !/^(div|section|article|li|ul|p|figure|img|picture|a|span)$/.test(e.localName) || e.ownerDocument.querySelector('input[type=radio]') === null) return false;
  const known = choices.get(around) || new Map();
  choices.set(around, known);
  if (known.has(e.localName)) return known.get(e.localName);
  const panels = [...around.children].filter(c => c.localName === e.localName && rich(c));
  const near = around.querySelector('input[type=radio]') || !around.parentElement ? around : around.parentElement;
  const buttons = [...near.querySelectorAll('input[type=radio]')].filter(i => !panels.some(p => p.contains(i)));
  known.set(e.localName, panels.length > 1 && panels.filter(isShown).length === 1 && buttons.length >= panels.length);
  return known.get(e.localName);
};

// ask opens what a click would: closed details, and the panels of tabs, as far
// as they stand in the page and are marked as holding something of it.
const ask = ({layout, all}) => {
  const named = new Set();
  for (const e of all) {
    const controls = e.getAttribute('aria-controls') || (e.localName === 'a' && (e.getAttribute('href') || '')[0] === '#' && e.getAttribute('href').slice(1)) || (e.dataset && (e.dataset.target || e.dataset.bsTarget || '').replace(/^#/, ''));
    if (controls && !aside(e)) for (const id of controls.split(/\s+/)) named.add(id);
  }
  const shownNow = new Set();
  for (const e of all) {
    if (e.localName === 'details' && !e.open && !aside(e) && rich(e, 2) && [...e.children].every(c => c.localName === 'summary' || inFlow(c))) {
      e.removeAttribute('name'); // of which only one may be open
      e.open = true;
      changes++;
      loosen(e);
      continue;
    }
    if (away(e, layout) && (e.getAttribute('role') === 'tabpanel' || named.has(e.id)) && !aside(e) && rich(e, 2) && !doubled(e)) {
      set(e, {position: 'static', inset: 'auto'});
      continue;
    }
    const closed = !layout.of(e).shown || getComputedStyle(e).contentVisibility === 'hidden' || shut(e, layout), around = flatParent(e);
    if (!closed || hiddenByUs(e) || !around || !layout.of(around).shown) continue;
    const name = `${e.id} ${typeof e.className === 'string' ? e.className : ''}`;
    const marked = e.getAttribute('role') === 'tabpanel' || (e.id && named.has(e.id)) || about.test(name) || e.hidden === 'until-found' || chosen(e) || offered(e);
    if (!marked || other.test(name) || e.getAttribute('role') === 'dialog' || aside(e) || !inFlow(e) || !rich(e, 2)) continue;
    if (/^(script|style|template|noscript|head|title|option|dialog|link|meta)$/.test(e.localName)) continue;
    const content = contentOf(e);
    if (shownNow.has(content) || doubled(e)) continue;
    shownNow.add(content);
    show(e);
  }
};

// doubled says whether all the pictures and texts in an element that is hidden
// stand in the page a second time, as what is made for another device does.
const doubled = e => {
  const inside = new Set([e, ...slottedIn(e)].flatMap(x => x.localName === 'img' ? [x] : [...x.querySelectorAll('img')]).map(i => i.currentSrc || i.src).filter(Boolean));
  const outside = new Set([...e.ownerDocument.images].filter(i => !e.contains(i) && i.getClientRects().length).map(i => i.currentSrc || i.src));
  if (inside.size) return [...inside].every(src => outside.has(src));
  const text = e.textContent.replace(/\s+/g, '');
  return text && e.ownerDocument.body.innerText.replace(/\s+/g, '').includes(text);
};
