// The text that the page's HTML shows.

// linesOf cuts a text node into the lines that it is laid out in, each with its box in the window.
function* linesOf(n) {
  const range = rangeOf(n.ownerDocument), {data} = n;
  for (let i = 0; i < data.length;) {
    range.setStart(n, i);
    const to = end => { range.setEnd(n, end); return range.getBoundingClientRect(); };
    let rects, end = data.length, b = to(end);
    if ((rects = range.getClientRects()).length > 1 && b.height > rects[0].height * 1.5) { // more than a line: where does the first one end?
      let low = i + 1, high = end;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (to(middle).height > rects[0].height * 1.5) high = middle - 1; else low = middle;
      }
      b = to(end = low);
    }
    const text = data.slice(i, end).replace(/\s+/g, ' ').trim();
    if (text && b.width && b.height) yield {text, b};
    i = end;
  }
}

Object.assign(pageinspect, {
  // texts lists what the document and its frames of the same site show as
  // text, line by line with boxes in page coordinates, up to about most
  // bytes of JSON; whole says that nothing was left out. Of each it says
  // whether something lies over it. Films says whether a picture that may move
  // is written into the page.
  texts(most) {
    const texts = [], {layout, all, items} = now(), films = items.some(i => moving.test(i.key));
    for (const e of all) {
      if (/^(script|style|noscript|title)$/.test(e.localName) || !layout.visible(e)) continue;
      const s = layout.of(e);
      for (const n of ownTexts(e)) {
        for (const {text, b} of linesOf(n)) {
          const item = {x0: b.left + s.dx, y0: b.top + s.dy, x1: b.right + s.dx, y1: b.bottom + s.dy, clip: s.inside};
          if (seenOf(item).share < .5) continue;
          if ((most -= 3 * text.length + 90) < 0) return {texts, films, whole: false};
          texts.push({text, box: round(item), under: under.has(e)});
        }
      }
    }
    return {texts, films, whole: true};
  },
});
