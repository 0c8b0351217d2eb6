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

// stepsInside goes down, and to the right, in each of them.
async function* stepsInside() {
  const list = scrollers();
  for (const e of list) {
    e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
    for (const [at, size, all] of [['scrollTop', 'clientHeight', 'scrollHeight'], ['scrollLeft', 'clientWidth', 'scrollWidth']]) {
      const step = Math.max(100, Math.min(e[size], 800));
      for (let last = -1, n = 0; n < 250; n++) {
        await answered();
        await arrived();
        hurry();
        look();
        if (e[at] === last || e[at] + e[size] >= e[all] - 1) break;
        last = e[at];
        e[at] += step;
        yield list.length;
      }
      e[at] = 0;
    }
  }
  return list.length;
}
let inside = null;

Object.assign(pageinspect, {
  // walk scrolls from y down to the end, or to limit, in steps of step CSS
  // pixels with two animation frames each, so that every lazy image comes
  // near the viewport once. It returns after at most ms milliseconds, and
  // says where it got to and how tall the page is now.
  async walk(y, step, limit, ms) {
    const end = performance.now() + ms;
    for (;;) {
      scrollTo({top: y, behavior: 'instant'});
      await answered();
      await arrived();
      hurry();
      look();
      const bottom = Math.min(height(), limit);
      if (y + innerHeight >= bottom || performance.now() > end) {
        return {y, height: height(), done: y + innerHeight >= bottom, scripts: document.scripts.length > 0};
      }
      y += step;
    }
  },

  // stepInside scrolls a step inside of one of the elements that scroll by
  // themselves. It says how many there are, and whether that was all.
  async stepInside() {
    inside ||= stepsInside();
    const {value, done} = await inside.next();
    if (done) inside = null;
    return {found: value, done};
  },

  // scroll scrolls to y and waits until the frames then in the window are painted.
  async scroll(y) {
    scrollTo({top: y, left: 0, behavior: 'instant'});
    await frame(); await frame();
  },
});
