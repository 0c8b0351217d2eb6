// What lies over the first screen: things fixed to the window, dialogs, popups.

// overs are the elements that lie over others, the outermost of each.
const overs = layout => now().all.filter(e => e.ownerDocument === document && layout.of(e).over === e && layout.visible(e));

// paints says whether an element shows anything of its own over what is behind it.
const paints = (e, s) => alpha(getComputedStyle(e).backgroundColor) > matter.clear || pictureOf(e, s.ground) !== null || s.ground.includes('gradient') ||
  (e.localName === 'dialog' && e.matches(':modal') && alpha(getComputedStyle(e, '::backdrop').backgroundColor) > matter.clear / 2);

// hides says whether what lies over a point of the window shows something there.
const hides = (x, y, layout) => {
  for (const e of document.elementsFromPoint(x, y)) {
    const s = layout.of(e);
    if (!s.over) return false;
    if (paints(e, s)) return true;
  }
  return false;
};

let over = []; // what lies over the page
const under = new WeakSet(); // the elements whose text it covers
const grid = 16; // px between the points at which pictures are looked for

// covered tells what lies under what lies over the page. It is asked once the
// page is at its top.
const covered = (items, layout) => {
  if (self !== top || scrollX || scrollY) return [];
  const screen = {x0: 0, y0: 0, x1: innerWidth, y1: innerHeight}, boxes = [];
  over = overs(layout);
  for (const e of over) {
    const b = e.getBoundingClientRect(), modal = e.localName === 'dialog' && e.matches(':modal');
    const box = modal ? screen : within({x0: b.left, y0: b.top, x1: b.right, y1: b.bottom}, screen);
    if (areaOf(box)) boxes.push(box);
  }
  if (!boxes.length) return [];
  const lost = gather();
  for (const item of items) {
    const b = within(seenOf(item), screen);
    if (layout.of(item.e).over || !areaOf(b) || !boxes.some(box => areaOf(within(b, box)))) continue;
    if (item.kind === 'text') {
      if (areaOf(b) < areaOf(item) / 2 || !hides((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2, layout)) continue;
      under.add(item.e);
      lost.add('', item, 1, {});
      continue;
    }
    let rows = null, points = 0;
    for (const box of boxes) {
      const c = within(b, box);
      for (let y = c.y0 + grid / 2; y < c.y1; y += grid) {
        for (let x = c.x0 + grid / 2; x < c.x1; x += grid) {
          if (!hides(x, y, layout)) continue;
          points++;
          rows = join(rows || {x0: x, y0: y, x1: x, y1: y}, {x0: x - grid / 2, y0: y - grid / 2, x1: x + grid / 2, y1: y + grid / 2});
        }
      }
    }
    if (points) lost.add('', {...item, ...within(rows, b)}, Math.min(1, points * grid * grid / areaOf(within(rows, b))), {});
  }
  return [...lost.groups.values()].filter(g => enough(g.letters, g.area)).map(g => ({
    kind: 'covered', box: round(within(g.box, screen)), source: g.source, why: `${amount(g)} are covered by what lies over the first screen`,
  }));
};

Object.assign(pageinspect, {
  // bare takes away what lies over the page.
  async bare() {
    for (const e of over) set(e, {display: 'none'});
    await frame(); await frame();
  },
});
