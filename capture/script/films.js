// Pictures that may move: only one of those that they show is ever in a tile.

const moving = /^data:image\/(gif|webp|a?png|avif)[;,]/i;

Object.assign(pageinspect, {
  // films are where the pictures of these addresses stand, and those that are
  // written into the page, if they matter: each where it is largest.
  films(addresses) {
    const wanted = new Set(addresses), places = new Map();
    for (const item of now().items) {
      if (item.kind !== 'picture' || typeof item.key !== 'string' || areaOf(seenOf(item)) < matter.area) continue;
      let url = item.key;
      if (!moving.test(url)) {
        try { url = new URL(url, item.e.baseURI).href.split('#')[0]; } catch { continue; }
        if (!wanted.has(url = url.slice(0, 500))) continue;
      } else if (url.length > 8e6) continue;
      const box = {x: item.x0, y: item.y0, w: item.x1 - item.x0, h: item.y1 - item.y0}, known = places.get(url);
      if (!known || known.w * known.h < box.w * box.h) places.set(url, box);
    }
    return [...places].map(([url, box]) => ({url, box}));
  },
});
