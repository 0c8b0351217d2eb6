
(() => {
  'use strict';
  const $ = (id) => document.getElementById(id);
  const all = (css, of = document) => [...of.querySelectorAll(css)];
  document.documentElement.classList.add('js');

  const scroll = $('scroll'), page = $('page'), map = $('map'), here = $('here');
  const items = all('.item');
  const lines = JSON.parse($('lines').textContent);
  const shown = (el) => el && getComputedStyle(el).display !== 'none';
  let current = 0;

  // Page pixels are scaled to the width that the picture has.
  const width = page ? +page.dataset.width : 1, height = page ? +page.dataset.height : 1;
  const scale = () => page ? page.clientWidth / width : 1;

  // Puts a rectangle of the page a third down the view, and its left side in it.
  function show(y, x) {
    const s = scale();
    scroll.scrollTo({ top: page.offsetTop - scroll.offsetTop + y * s - scroll.clientHeight / 3, left: Math.max(0, page.offsetLeft + x * s - 80) });
  }

  function select(n, from) {
    all('.sel').forEach((el) => el.classList.remove('sel'));
    current = n;
    if (!n) return;
    all('[data-n="' + n + '"]').forEach((el) => el.classList.add('sel'));
    const item = $('l' + n), box = $('f' + n);
    if (from !== 'list' && item) {
      $('tab-findings').checked = true;
      item.scrollIntoView({ block: 'nearest' });
    }
    if (box && from !== 'page') {
      $('boxes').checked = true;
      scroll.scrollTo({ top: page.offsetTop - scroll.offsetTop + box.offsetTop - scroll.clientHeight / 3, left: Math.max(0, box.offsetLeft - 80) });
    }
    try { history.replaceState(null, '', '#f' + n); } catch { /* not allowed where the report is embedded */ }
  }

  function step(by) {
    const candidates = items.filter(shown);
    if (!candidates.length) return;
    const at = candidates.findIndex((el) => +el.dataset.n >= current);
    let next = at < 0 ? (by > 0 ? 0 : candidates.length - 1) : at + (by > 0 && +candidates[at].dataset.n === current ? 1 : by > 0 ? 0 : -1);
    next = (next + candidates.length) % candidates.length;
    select(+candidates[next].dataset.n);
  }

  document.addEventListener('click', (e) => {
    const line = e.target.closest('.lines li');
    const el = e.target.closest('[data-n], .ref');
    if (el) {
      e.preventDefault();
      if (el.classList.contains('item') && String(getSelection())) return; // text is being copied
      const n = +(el.dataset.n || el.textContent);
      select(n, el.classList.contains('item') ? 'list' : el.classList.contains('box') ? 'page' : '');
    } else if (line) {
      goToLine(+line.dataset.i);
    }
  });

  // Lines of the text, marked on the picture.
  const marks = new Map();
  function markLine(i) {
    if (!page || marks.has(i)) return marks.get(i);
    const [, x, y, w, h] = lines[i], el = document.createElement('div');
    el.className = 'line-mark';
    Object.assign(el.style, { left: x / width * 100 + '%', top: y / height * 100 + '%', width: w / width * 100 + '%', height: h / height * 100 + '%' });
    page.append(el);
    marks.set(i, el);
    return el;
  }
  function unmark() {
    marks.forEach((el) => el.remove());
    marks.clear();
  }
  function goToLine(i) {
    all('.lines .sel').forEach((el) => el.classList.remove('sel'));
    all('.line-mark.now').forEach((el) => el.classList.remove('now'));
    if (!search.value.trim()) unmark();
    const row = rows[i], mark = markLine(i);
    row.classList.add('sel');
    row.scrollIntoView({ block: 'nearest' });
    if (!mark) return;
    mark.classList.add('now');
    show(lines[i][2], lines[i][1]);
  }

  // The search ignores case, width and spaces, which recognition does not get right.
  const search = $('search'), rows = all('.lines li'), list = document.querySelector('.lines');
  const plain = (s) => s.normalize('NFKC').toLowerCase().replace(/\s+/g, '');
  let texts = null, found = [];
  const most = 500; // marks on the picture; more would only slow it down
  search.addEventListener('input', () => {
    texts ||= lines.map((l) => plain(l[0]));
    const wanted = plain(search.value);
    unmark();
    found = wanted ? texts.flatMap((t, i) => t.includes(wanted) ? [i] : []) : [];
    rows.forEach((r) => r.classList.remove('hit'));
    found.forEach((i) => rows[i].classList.add('hit'));
    list?.classList.toggle('searching', !!wanted);
    found.slice(0, most).forEach(markLine);
    $('hits').textContent = wanted ? found.length + (found.length === 1 ? ' line' : ' lines') : '';
    if (found.length) goToLine(found[0]);
  });
  search.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || !found.length) return;
    const at = found.findIndex((i) => rows[i].classList.contains('sel'));
    goToLine(found[(at + (e.shiftKey ? -1 : 1) + found.length) % found.length]);
  });

  document.addEventListener('keydown', (e) => {
    const typing = e.target === search;
    if (e.key === 'Escape') {
      search.value = '';
      search.dispatchEvent(new Event('input'));
      search.blur();
      select(0);
      return;
    }
    if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
    const act = {
      n: () => step(1), j: () => step(1), p: () => step(-1), k: () => step(-1),
      b: () => $('boxes').click(), z: () => $('full').click(),
      '/': () => { $('tab-text').checked = true; search.focus(); search.select(); },
    }[e.key];
    if (act) { e.preventDefault(); act(); }
  });

  // The strip along the side: where the view is, and a way to go elsewhere.
  function track() {
    if (!page) return;
    const from = (scroll.scrollTop - 20) / page.clientHeight, part = scroll.clientHeight / page.clientHeight;
    here.style.display = part < 1 ? 'block' : 'none';
    here.style.top = Math.max(0, from * 100) + '%';
    here.style.height = Math.min(1, part) * 100 + '%';
    const s = scale(), top = Math.max(0, Math.round((scroll.scrollTop - 20) / s));
    $('at').textContent = top.toLocaleString('en') + ' of ' + height.toLocaleString('en') + ' px, ' + Math.round(s * 100) + '%';
  }
  let waiting = false, middle = 0; // middle of the view, as a part of the page, kept while the picture changes size
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; track(); }); } };
  scroll.addEventListener('scroll', () => {
    if (page) middle = (scroll.scrollTop + scroll.clientHeight / 2) / page.clientHeight;
    soon();
  }, { passive: true });
  function keepMiddle() {
    if (page && scroll.scrollTop > 0) scroll.scrollTop = middle * page.clientHeight - scroll.clientHeight / 2;
    track();
  }
  $('full').addEventListener('change', keepMiddle);
  addEventListener('resize', keepMiddle);
  function drag(e) {
    if (!page || e.target.closest('a')) return;
    const r = map.getBoundingClientRect();
    scroll.scrollTop = (e.clientY - r.top) / r.height * page.clientHeight - scroll.clientHeight / 2;
  }
  map.addEventListener('pointerdown', (e) => { if (e.button === 0 && !e.target.closest('a')) { map.setPointerCapture(e.pointerId); drag(e); } });
  map.addEventListener('pointermove', (e) => { if (map.hasPointerCapture(e.pointerId)) drag(e); });

  all('time[datetime]').forEach((t) => {
    const at = new Date(t.getAttribute('datetime'));
    if (isNaN(at)) return;
    t.title = t.textContent;
    t.textContent = at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  });
  const asked = /^#[fl](\d+)/.exec(location.hash);
  if (asked) select(+asked[1]);
  track();
})();
