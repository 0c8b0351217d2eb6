// Pictures that may move: only one of those that they show is ever in a tile.

const moving = /^data:image\/(gif|webp|a?png|avif)[;,]/i;

// filmOf is the address of what an item shows, as Capture knows it.
const filmOf = item => {
  if (item.kind !== 'picture' || typeof item.key !== 'string') return '';
  if (moving.test(item.key)) return item.key;
  try { return new URL(item.key, item.e.baseURI).href.split('#')[0].slice(0, 500); } catch { return ''; }
};

Object.assign(pageinspect, {
  // films are where the pictures of these addresses stand, and those that are
  // written into the page, if they matter: each where it is largest.
  films(addresses) {
    const wanted = new Set(addresses), places = new Map();
    for (const item of now().items) {
      const url = filmOf(item);
      if (!url || !(wanted.has(url) || moving.test(url) && url.length <= 8e6) || areaOf(seenOf(item)) < matter.area) continue;
      const box = {x: item.x0, y: item.y0, w: item.x1 - item.x0, h: item.y1 - item.y0}, known = places.get(url);
      if (!known || known.w * known.h < box.w * box.h) places.set(url, box);
    }
    return [...places].map(([url, box]) => ({url, box}));
  },

  // freeze has the first picture of a film shown wherever it stands, the same in
  // each capture. It says whether it does; where a policy may forbid it, nowhere.
  async freeze(url, first) {
    const all = now().items.filter(item => filmOf(item) === url), ground = e => getComputedStyle(e).backgroundImage;
    const fixed = ({e}) => e.ownerDocument !== document || e.localName !== 'img' && !ground(e).includes('url(');
    if (!all.length || all.some(fixed) || document.querySelector('meta[http-equiv=content-security-policy i]')) return false;
    const there = new Image();
    there.src = first;
    try { await there.decode(); } catch { return false; }
    for (const {e} of all) {
      if (e.localName === 'img') set(e, {content: `url("${first}")`});
      else set(e, {'background-image': ground(e).replace(/url\((".*?"|.*?)\)/, `url("${first}")`)});
    }
    await frame();
    await frame();
    return true;
  },
});
