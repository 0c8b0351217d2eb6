// Curtains: what is drawn over a picture or a text, shows nothing itself, and is
// drawn aside only while that is in view.

// drawnOver says whether a box lies over all but little of an item.
const drawnOver = (box, item) => areaOf(within(box, item)) >= .8 * areaOf(item);

// curtains lists what may be one, an element or what it draws before or after
// what is in it, each with the items that it may hide.
const curtains = ({layout, all, items}) => {
  const out = [], own = items.filter(i => i.e.ownerDocument === document && !i.fixed && (i.kind === 'text' || areaOf(i) >= matter.area));
  const opaque = style => style.position === 'absolute' && alpha(style.backgroundColor) > .9 && style.visibility === 'visible' && +style.opacity > .9;
  for (const e of all) {
    if (!layout.of(e).out || e.ownerDocument !== document || e.textContent.trim() || !layout.visible(e) || pictureOf(e) !== null || e.querySelector('*') || !opaque(getComputedStyle(e))) continue;
    const b = e.getBoundingClientRect(), box = {x0: b.left + scrollX, y0: b.top + scrollY, x1: b.right + scrollX, y1: b.bottom + scrollY};
    const hides = own.filter(i => drawnOver(box, i));
    if (hides.length) out.push({e, hides});
  }
  if (own.length > 5000) return out; // what is drawn before and after each costs, and a reveal of so much there is not
  const asked = new Map();
  for (const item of own) {
    for (let a = item.e, up = 0; a && up < 3; a = a.parentElement, up++) {
      if (!asked.has(a)) asked.set(a, ['before', 'after'].filter(name => {
        const style = getComputedStyle(a, '::' + name);
        return /^["']\s*["']$/.test(style.content) && opaque(style) && parseFloat(style.width) * parseFloat(style.height) >= matter.area / 4;
      }));
      const b = a.getBoundingClientRect(), box = {x0: b.left + scrollX, y0: b.top + scrollY, x1: b.right + scrollX, y1: b.bottom + scrollY};
      for (const part of asked.get(a)) if (drawnOver(box, item)) out.push({e: a, part, hides: [item]});
    }
  }
  return out;
};

// uncover takes the curtains away that hang before something now. Which of two
// is in front only the browser knows, of what is in its window.
const uncover = () => {
  const found = curtains(now());
  if (!found.length) return;
  for (const {e, part} of found) part ? e.setAttribute('data-pageinspect-curtain', '') : set(e, {'pointer-events': 'auto'});
  everyone('[data-pageinspect-curtain]::before,[data-pageinspect-curtain]::after{pointer-events:auto!important}' +
    '[data-pageinspect-curtain~=before]::before,[data-pageinspect-curtain~=after]::after{visibility:hidden!important}');
  for (const {e, part, hides} of found) {
    for (const i of hides) {
      const x = (i.x0 + i.x1) / 2, y = (i.y0 + i.y1) / 2;
      scrollTo({top: y - innerHeight / 2, left: 0, behavior: 'instant'});
      const there = document.elementsFromPoint(x - scrollX, y - scrollY), front = there.indexOf(e), back = there.indexOf(i.e);
      if (front < 0 || back < 0 || front >= back) continue;
      if (part) e.setAttribute('data-pageinspect-curtain', e.getAttribute('data-pageinspect-curtain') + ' ' + part);
      else set(e, {visibility: 'hidden'});
      changes++;
      break;
    }
  }
  scrollTo({top: 0, left: 0, behavior: 'instant'});
};
