// The text that the page's HTML shows.
Object.assign(pageinspect, {
  // texts lists what the document and its frames of the same site show as
  // text, line by line with boxes in page coordinates, up to about most
  // bytes of JSON; whole says that nothing was left out.
  texts(most) {
    const texts = [], range = document.createRange();
    const visit = (root, dx, dy) => {
      const walker = (root.ownerDocument || root).createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let n = walker.nextNode(); n; n = walker.nextNode()) {
        if (n.nodeType === Node.ELEMENT_NODE) {
          if (n.shadowRoot && !visit(n.shadowRoot, dx, dy)) return false;
          if (n.localName === 'iframe') {
            let inside = null;
            try { inside = n.contentDocument; } catch { /* of another site */ }
            const b = n.getBoundingClientRect();
            if (inside && b.width && !visit(inside, dx + b.left + n.clientLeft, dy + b.top + n.clientTop)) return false;
          }
          continue;
        }
        const data = n.data, parent = n.parentElement || n.parentNode.host;
        if (!/\S/.test(data) || !parent || !parent.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
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
          if (text && b.width && b.height) {
            if ((most -= 3 * text.length + 90) < 0) return false;
            texts.push({text, box: {x: b.left + dx, y: b.top + dy, w: b.width, h: b.height}});
          }
          i = end;
        }
      }
      return true;
    };
    const whole = visit(document, scrollX, scrollY);
    return {texts, whole};
  },
});
