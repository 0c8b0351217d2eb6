// Reads what a document says and where. The result's boxes are relative to
// root's top left; a line is what one block element sets at one height.
(root) => {
  const base = root.getBoundingClientRect();
  const blockOf = (el) => {
    while (el !== root && getComputedStyle(el).display === 'inline') el = el.parentElement;
    return el;
  };
  const lines = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const parent = n.parentElement;
    if (!n.data.trim() || parent.closest('script,style,svg')) continue;
    const block = blockOf(parent), size = parseFloat(getComputedStyle(parent).fontSize);
    for (let i = 0; i < n.data.length; i++) {
      const range = document.createRange();
      range.setStart(n, i);
      range.setEnd(n, i + 1);
      const r = range.getClientRects()[0];
      if (!r || !r.width) continue;
      const middle = (r.top + r.bottom) / 2;
      let line = lines[lines.length - 1];
      if (!line || line.block !== block || middle < line.top || middle > line.bottom) {
        line = { block, text: '', size, left: r.left, top: r.top, right: r.right, bottom: r.bottom };
        lines.push(line);
      }
      const space = /\s/.test(n.data[i]);
      if (space && !line.text) { line.left = r.right; line.top = r.top; line.bottom = r.bottom; line.right = r.right; continue; }
      line.text += space ? ' ' : n.data[i];
      line.size = Math.max(line.size, size);
      line.top = Math.min(line.top, r.top);
      line.bottom = Math.max(line.bottom, r.bottom);
      if (!space) line.right = Math.max(line.right, r.right);
    }
  }
  const box = (r) => ({ x: r.left - base.left, y: r.top - base.top, w: r.right - r.left, h: r.bottom - r.top });
  const marks = [...root.querySelectorAll('[data-find],[data-pass]')].map((el) => {
    const range = document.createRange();
    range.selectNodeContents(el);
    return {
      text: el.textContent.replace(/\s+/g, ' ').trim(),
      find: el.getAttribute('data-find') || '',
      pass: el.getAttribute('data-pass') || '',
      box: box(range.getBoundingClientRect()),
    };
  });
  for (const el of root.querySelectorAll('[data-says]')) {
    const text = el.getAttribute('data-says'), r = el.getBoundingClientRect();
    lines.push({ text, size: 12, code: true, left: r.left, top: r.top, right: r.right, bottom: r.bottom });
    marks.push({ text, find: el.getAttribute('data-finds'), pass: '', box: box(r) });
  }
  const edge = root.querySelector('[data-edge]');
  return {
    name: root.getAttribute('data-image') || '',
    box: { x: base.left + scrollX, y: base.top + scrollY, w: base.width, h: base.height },
    lines: lines.map((l) => ({ text: l.text.trim(), size: l.size, code: !!l.code, box: box(l) })).filter((l) => l.text),
    marks,
    edge: edge ? { kind: edge.getAttribute('data-edge'), box: box(edge.getBoundingClientRect()) } : null,
  };
}
