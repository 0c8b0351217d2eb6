package accuracy

// wordsScript returns the visible words of a page. A word ends at a space, where its line ends and where a gap as
// wide as a space stands; words of one row follow each other on a line. What is not to be seen has no words: what has
// no box, no size or no colour of its own, is hidden, or lies outside of the box of what it would have to be scrolled in.
const wordsScript = `(() => {
  const words = [];
  const clips = new Map();
  const clipOf = e => { // the part of the page in which an element is to be seen
    if (!e || e === document.documentElement || e === document.body) return {l: 0, t: 0, r: 1e6, b: 1e6};
    if (clips.has(e)) return clips.get(e);
    const s = getComputedStyle(e);
    const c = {...clipOf(s.position === 'absolute' ? e.offsetParent : e.parentElement)};
    if (s.overflowX !== 'visible' || s.overflowY !== 'visible') {
      const b = e.getBoundingClientRect();
      c.l = Math.max(c.l, b.left); c.t = Math.max(c.t, b.top + scrollY); c.r = Math.min(c.r, b.right); c.b = Math.min(c.b, b.bottom + scrollY);
    }
    if (s.opacity === '0') c.r = -1;
    clips.set(e, c);
    return c;
  };
  let row = 0, word = null, last = null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const p = n.parentElement, s = getComputedStyle(p);
    if (['STYLE','SCRIPT','NOSCRIPT','OPTION','TEXTAREA'].includes(p.tagName) || s.visibility !== 'visible') continue;
    const size = parseFloat(s.fontSize), kind = p.closest('[data-kind]')?.dataset.kind ?? '', clip = clipOf(p);
    const upright = s.writingMode.startsWith('vertical');
    for (const part of n.data.matchAll(/\s+|\S/gu)) {
      if (!part[0].trim()) { if (word) word = null; continue; }
      const r = document.createRange(); r.setStart(n, part.index); r.setEnd(n, part.index + part[0].length);
      const b = r.getClientRects()[0];
      if (!b || b.width < 1 || b.height < 1) continue;
      const l = b.left + scrollX, t = b.top + scrollY, mx = l + b.width / 2, my = t + b.height / 2;
      if (mx < clip.l || mx > clip.r || my < clip.t || my > clip.b || mx < 0 || my < 0) continue;
      const level = last && (upright ? Math.abs(mx - last.mx) < size / 3 && t > last.t : Math.min(t + b.height, last.b) - Math.max(t, last.t) > Math.min(b.height, last.b - last.t) / 2 && l >= last.r - 3);
      const gap = last && (upright ? t - last.b : l - last.r);
      if (!level || gap > 2 * size + (parseFloat(s.letterSpacing) || 0)) { row++; word = null; }
      else if (gap > size / 5 + (parseFloat(s.letterSpacing) || 0)) word = null;
      if (word && word.kind !== kind) word = null;
      if (!word) words.push(word = {text: '', box: {x: l, y: t, w: b.width, h: b.height}, row, kind});
      word.text += part[0];
      const x = Math.min(word.box.x, l), y = Math.min(word.box.y, t);
      word.box = {x, y, w: Math.max(word.box.x + word.box.w, l + b.width) - x, h: Math.max(word.box.y + word.box.h, t + b.height) - y};
      last = {mx, l, r: l + b.width, t, b: t + b.height};
    }
  }
  return {height: Math.ceil(document.documentElement.scrollHeight), words};
})()`
