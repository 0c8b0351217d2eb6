// Where things are on a page that is far taller than the window.

// minimap draws marks [{row, rows, kind, n}] beside a stage, and leads to where it is
// pressed or dragged. It returns its here(top, bottom).
export function minimap(el, stage, marks) {
  const { height } = stage.page, part = (row) => row / height * 100 + '%';
  const here = document.createElement('i');
  el.replaceChildren(here);
  for (const m of marks) {
    const mark = document.createElement('b');
    mark.className = m.kind;
    if (m.n !== undefined) mark.dataset.n = m.n;
    mark.style.top = part(m.row);
    if (m.rows) mark.style.height = part(m.rows);
    el.append(mark);
  }
  const lead = (e) => {
    const r = el.getBoundingClientRect();
    stage.look((e.clientY - r.top) / r.height * height);
  };
  el.onpointerdown = (e) => {
    if (e.button) return;
    el.setPointerCapture(e.pointerId);
    lead(e);
  };
  el.onpointermove = (e) => { if (el.hasPointerCapture(e.pointerId)) lead(e); };
  return (top, bottom) => {
    here.style.top = part(Math.max(0, top));
    here.style.height = part(Math.min(height, bottom) - Math.max(0, top));
  };
}
