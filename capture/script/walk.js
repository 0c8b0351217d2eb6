// Going down the page, as a shopper does.

// arrived waits for the pictures in the window, if the page may take them out
// again: for at most a second, and not for those of a page that only grows.
const arrived = async () => {
  if (!recycles) return;
  const near = i => { const b = i.getBoundingClientRect(); return b.bottom >= 0 && b.top <= innerHeight; };
  for (const end = performance.now() + 1000; performance.now() < end; await frame()) {
    if (![...document.images].some(i => !i.complete && near(i))) return;
  }
};

// scrollers are the elements and frames that scroll by themselves and show enough to matter.
const scrollers = () => {
  const layout = new Layout();
  return elements().filter(e => {
    const doc = e.ownerDocument, own = e === doc.documentElement && (doc !== document || self !== top);
    if (e.scrollHeight <= e.clientHeight + 20 && e.scrollWidth <= e.clientWidth + 20) return false;
    if (e.clientWidth * e.clientHeight < matter.area || !layout.visible(e) || aside(e)) return false;
    if (isWindow(e)) return own;
    const style = getComputedStyle(e);
    return /auto|scroll/.test(style.overflowY + style.overflowX);
  });
};

// What may be shown only once it stands well within the window, as a whole or in
// the middle, is visited after the walk, which goes by it in steps of a window.
// Steps and visits are counted, not timed: what is seen of a page must not depend
// on how busy the machine is. Visits in vain are few, those that are answered many.
const tried = new WeakSet(), stepsMost = 150, visitsMost = 200, vain = {all: 60, alike: 8}, vainEmpty = {all: 12, alike: 3};
const awaits = (e, layout) => e.localName === 'img' ? blank(e) && layout.visible(e) : !e.firstChild && !rootOf(e) || veilOf(e, layout) === e && rich(e);

// waits lists what waits so: pictures without one, what is veiled, and places that
// are empty. Of those in one place, one will do.
const waits = layout => {
  const found = [], places = new Set();
  const add = e => {
    if (tried.has(e) || layout.of(e).out || aside(e) || !awaits(e, layout)) return;
    const b = e.getBoundingClientRect(), {dx, dy} = layout.of(e), place = [b.left + dx, b.top + dy, b.right + dx].map(v => Math.round(v / 200)).join();
    if (!places.has(place)) { places.add(place); found.push(e); }
  };
  for (const scope of scopes) {
    for (const i of scope.querySelectorAll('img')) {
      if (!blank(i)) continue;
      const b = i.getBoundingClientRect();
      if (b.width * b.height >= matter.area || laterOf(i).src || laterOf(i).set) add(i);
    }
  }
  const veils = new Set();
  for (const c of candidates || collect()) {
    if (c.done) continue;
    if (!tried.has(c.e)) veils.add(veilOf(c.e, layout));
    if (!looks.has(c.e) && layout.visible(c.e)) remember(c.e, layout); // who listens to the scrolling answered when it was gone by
  }
  veils.delete(null);
  for (const e of veils) add(e);
  const named = e => e.id || e.className || e.localName.includes('-') || Object.keys(e.dataset).length; // others are space
  for (const e of hosts()) if (!e.firstElementChild && named(e)) add(e);
  return found;
};

// scrolledAround is how far what is around an element is scrolled, but for the window.
const scrolledAround = e => {
  const out = [];
  for (let a = flatParent(e); a; a = flatParent(a)) if (!isWindow(a)) out.push({a, top: a.scrollTop, left: a.scrollLeft});
  return out;
};

// inVain says whether enough places like one were visited, and still wait.
const inVain = (e, visited) => {
  const empty = !e.firstChild && e.localName !== 'img', most = empty ? vainEmpty : vain, kind = kindOf(e);
  const same = visited.filter(v => v.waits && v.empty === empty), alike = same.filter(v => v.kind === kind);
  if (same.length < most.all && alike.length < most.alike) return false;
  const layout = new Layout();
  for (const v of same) v.waits = v.e.isConnected && awaits(v.e, layout); // some answer later
  return same.filter(v => v.waits).length >= most.all || alike.filter(v => v.waits).length >= most.alike;
};

// stepsInside goes down, and to the right, in each of them; and to what waits. In
// the end it says why, if it did not get everywhere.
async function* stepsInside() {
  const list = scrollers();
  let more = '', steps = 0;
  scrolling: for (const e of list) {
    e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
    for (const [at, size, all] of [['scrollTop', 'clientHeight', 'scrollHeight'], ['scrollLeft', 'clientWidth', 'scrollWidth']]) {
      const step = Math.max(100, Math.min(e[size], 800));
      for (let last = -1; ;) {
        await answered();
        await arrived();
        await drawn();
        hurry();
        look();
        if (e[at] === last || e[at] + e[size] >= e[all] - 1) break;
        last = e[at];
        e[at] += step;
        if (++steps > stepsMost) {
          e[at] = 0;
          more = 'what scrolls inside of the page did not come to an end';
          break scrolling;
        }
        yield {found: list.length};
      }
      e[at] = 0;
    }
  }
  const visited = [];
  let came = 0;
  for (let round = 0; round < 3; round++) {
    hurry();
    const found = waits(new Layout());
    for (const e of found) {
      tried.add(e);
      if (!awaits(e, new Layout()) || inVain(e, visited)) continue;
      if (visited.length >= visitsMost) {
        if (!e.firstChild && came) more ||= 'more places of the page than were visited wait for the middle of the window';
        break;
      }
      const back = scrolledAround(e), visit = {e, kind: kindOf(e), empty: !e.firstChild && e.localName !== 'img', waits: true};
      visited.push(visit);
      e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
      for (let turn = 0; turn < 2; turn++) { // a second one where its like answered: on a busy machine it may have heard of the first too late
        await answered();
        yield {found: list.length + came, visits: true}; // some time passes: who listens to the scrolling answers late
        await answered();
        await arrived();
        await drawn();
        hurry();
        look();
        visit.waits = awaits(e, new Layout());
        if (!visit.waits || !visited.some(v => v.kind === visit.kind && !v.waits)) break;
      }
      if (!visit.waits) came++;
      for (const {a, top, left} of back) { a.scrollTop = top; a.scrollLeft = left; }
    }
    if (!found.length) break;
  }
  return {found: list.length + came, more};
}
let inside = null;

Object.assign(pageinspect, {
  // walk scrolls from y down to the end, or to limit, in steps of step CSS
  // pixels with two animation frames each, so that every lazy image comes
  // near the viewport once. It returns after at most ms milliseconds, and says
  // where it got to and is to go on, how tall the page is now, and whether it asks for frames.
  async walk(y, step, limit, ms) {
    asksForFrames();
    const end = performance.now() + ms;
    for (;;) {
      scrollTo({top: y, behavior: 'instant'});
      const was = height();
      await answered();
      await arrived();
      await drawn();
      hurry();
      look();
      const bottom = Math.min(height(), limit), low = y + innerHeight >= bottom;
      const next = low && was < bottom ? y : y + step; // it grew below the window, and whoever brings more waits for a scroll
      if (low && next !== y || performance.now() > end) {
        return {y, next, height: height(), done: low && next !== y, frames: asksForFrames()};
      }
      y = next;
    }
  },

  // locked says whether nothing scrolls, and scripts could move what is in the window.
  locked: () => document.scripts.length > 0 && root().scrollHeight <= innerHeight + 20 && !scrollers().length,

  // scenery takes note of all that is visible in the window, and is the same as
  // long as that is: pictures, and texts that matter, clocks aside.
  async scenery() {
    await answered();
    hurry();
    candidates = null; // what moves the page need not change it
    look();
    const layout = new Layout(), out = [];
    for (const {e} of candidates || collect()) {
      const b = e.getBoundingClientRect();
      if (b.height <= matter.line || b.width <= 0 || b.bottom <= 0 || b.top >= innerHeight || b.right <= 0 || b.left >= innerWidth || !layout.visible(e)) continue;
      for (const i of itemsOf(e, layout)) if (i.kind === 'picture' || i.letters >= matter.letters) out.push(`${keyOf(i)} ${Math.round(i.x0 / 40)} ${Math.round(i.y0 / 40)}`);
      if (out.length > 2000) break;
    }
    return String(hashOf(out.join()));
  },

  // stepInside scrolls a step inside of one of the elements that scroll by
  // themselves, or visits what waits. It says how many there are, or that
  // answered, whether that was all, and why, if there is more.
  async stepInside() {
    inside ||= stepsInside();
    const {value, done} = await inside.next();
    if (done) inside = null;
    return {...value, done};
  },

  // placed gives the page frames in which it puts what it was answered in its place.
  async placed() { for (let n = 0; n < 4; n++) await frame(); },

  // scroll scrolls to y and waits until the frames then in the window are painted.
  async scroll(y) {
    scrollTo({top: y, left: 0, behavior: 'instant'});
    await frame(); await frame();
  },
});
