// The rows of the list: which one is current, and bringing them anew.
import { tellTimes } from './desk.js';
import { part } from './say.js';

const list = document.querySelector('.list');
const rows = list.querySelector('.rows');

export const all = () => [...rows?.children ?? []];
export const rowOf = (id) => all().find((r) => r.dataset.id === id);
export const current = () => document.activeElement?.closest?.('.row') ?? rows?.querySelector('.current');

// show makes a row the one that keys are for.
export function show(row, focus = true) {
  for (const other of rows.querySelectorAll('.current')) if (other !== row) other.classList.remove('current');
  row.classList.add('current');
  sessionStorage.setItem('desk.row', row.dataset.id);
  if (focus) row.querySelector('.title').focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

// move makes the next row current, or the one before. Behind the last come the next rows.
export function move(by) {
  const there = all(), now = current();
  const to = now ? there[there.indexOf(now) + by] : there[0];
  if (to) return show(to);
  const more = document.getElementById('more');
  if (by > 0 && more) { sessionStorage.removeItem('desk.row'); location.href = more.href; } else if (now) show(now);
}

let asked = 0;
const shown = new Map(); // by id, which asking a row came by: a late answer does not take the place of a newer

// refresh brings rows anew, where they stand.
export async function refresh(ids) {
  ids = ids.filter(rowOf);
  if (!ids.length) return;
  const n = ++asked;
  const fresh = await part(`/rows?${ids.map((id) => 'id=' + encodeURIComponent(id)).join('&')}&${list.dataset.filter}`);
  for (const row of fresh?.querySelectorAll('.row') ?? []) {
    const { id } = row.dataset;
    if (n < (shown.get(id) ?? 0)) continue;
    shown.set(id, n);
    replace(rowOf(id), document.adoptNode(row));
  }
}

const same = (a, b) => ['known', 'version', 'state', 'open', 'finding'].every((k) => a.dataset[k] === b.dataset[k]);

function replace(old, row) {
  if (!old || same(old, row)) return;
  const focused = old.contains(document.activeElement);
  for (const is of ['current', 'busy']) row.classList.toggle(is, old.classList.contains(is));
  const box = row.querySelector('.pick input'), was = old.querySelector('.pick input');
  if (box) box.checked = was.checked;
  if (old.querySelector('.crop.seen') && row.dataset.finding === old.dataset.finding) row.querySelector('.crop').classList.add('seen');
  tellTimes(row);
  old.replaceWith(row);
  if (focused) row.querySelector('.title').focus({ preventScroll: true });
}

// A crop that is taller than its place shows its middle.
rows?.addEventListener('load', ({ target: i }) => i.classList.toggle('tall', i.naturalWidth < 2.7 * i.naturalHeight), true);

// Where the reader was, they are again; and on rows that they came to, at the first.
const was = rowOf(sessionStorage.getItem('desk.row'));
if (was) show(was);
else if (all()[0]) all()[0].classList.add('current');
rows?.addEventListener('focusin', (e) => show(e.target.closest('.row'), false));
