// Many pages at once: choosing them, one decision each, how far it is, and taking the whole
// run back.
import { ask, remember } from './decide.js';
import { all, refresh, rowOf } from './rows.js';
import { say, stream } from './say.js';
import { t } from './text.js';

const bar = document.getElementById('bulk');
const list = document.querySelector('.list');
const box = (row) => row.querySelector('.pick input');
let last; // the row that was picked last, from which a range goes
let everything = false; // all pages of the filter are meant, those that are not here too

export const picked = () => bar ? all().filter((r) => box(r).checked) : [];

export function clearPicks() {
  for (const row of picked()) box(row).checked = false;
  everything = false;
  told();
}

// pickRange picks all rows from the one that was picked last to this one.
export function pickRange(row) {
  const rows = all(), from = rows.indexOf(rowOf(last)), to = rows.indexOf(row);
  for (const r of rows.slice(Math.max(0, Math.min(from, to)), Math.max(from, to) + 1)) box(r).checked = true;
  last = row.dataset.id;
  told();
}

function told() {
  const n = picked().length, total = Number(list.dataset.total);
  if (n < all().length) everything = false;
  bar.hidden = !n;
  bar.querySelector('b').textContent = t('js.bulk.picked', { n: everything ? total : n });
  const wider = bar.querySelector('[data-bulk="filter"]');
  wider.hidden = everything || n < all().length || total <= n;
  wider.textContent = t('js.bulk.all', { n: total });
  document.getElementById('all').checked = n > 0 && n === all().length;
}

let running = false;

// decideBulk asks, and then decides on all that is picked.
export async function decideBulk(action) {
  const rows = picked(), n = everything ? Number(list.dataset.total) : rows.length;
  if (running || !n) return;
  const what = await ask({ title: t(`js.bulk.ask.${action}`, { n }), about: '', action, scopes: ['whole'], picture: false });
  if (!what) return;
  const pages = rows.map(({ dataset: d }) => ({ id: d.id, version: d.version, known: Number(d.known) }));
  const { reason, policy, words } = what;
  const done = await follow('/bulk', { ...(everything ? { filter: list.dataset.filter, expect: n } : { pages }), action, reason, policy, words });
  if (!done) return;
  if (done.pages.length) remember({ run: done.run, pages: done.pages });
  clearPicks();
  tell(t(`js.bulk.done`, { n: done.pages.length }), done.left);
  await refresh(done.pages.map((p) => p.id));
}

// takeBack takes a run back and returns the ids of its pages.
export async function takeBack({ run, pages }) {
  const done = await follow('/bulk/undo', { run, pages });
  if (!done) return [];
  tell(t('js.bulk.undone', { n: done.pages.length }), done.left);
  return done.pages.map((p) => p.id);
}

// follow shows how far a run is, and returns its pages and those that were left alone.
async function follow(address, what) {
  if (running) return null;
  running = true;
  const progress = bar.querySelector('progress'), done = { run: '', pages: [], left: [] };
  const buttons = bar.querySelectorAll('button');
  for (const b of buttons) b.disabled = true;
  bar.hidden = progress.hidden = false;
  progress.removeAttribute('value');
  const answer = await stream(address, what, (l) => {
    if (l.of) { progress.max = l.of; done.run = l.run; }
    if (l.n) done.pages.push({ id: l.id, known: l.n });
    if (l.error) done.left.push(l);
    progress.value = done.pages.length + done.left.length;
    bar.querySelector('b').textContent = t('js.bulk.far', { n: progress.value, of: progress.max });
  });
  running = false;
  progress.hidden = true;
  for (const b of buttons) b.disabled = false;
  told();
  if (answer.ok || done.run) return done;
  say(answer.body.message, true);
  return null;
}

function tell(sentence, left) {
  if (!left.length) return say(sentence);
  say(`${sentence} ${t('js.bulk.left', { n: left.length })} ${left[0].id}: ${left[0].error}`, true);
}

bar?.addEventListener('click', (e) => {
  const what = e.target.closest('[data-bulk]')?.dataset.bulk;
  if (what === 'clear') clearPicks();
  else if (what === 'filter') { everything = true; told(); }
  else if (what) decideBulk(what);
});
document.getElementById('all')?.addEventListener('change', (e) => {
  for (const row of all()) box(row).checked = e.target.checked;
  everything = false;
  told();
});
list.addEventListener('click', (e) => {
  if (!e.target.matches('.pick input')) return;
  const row = e.target.closest('.row');
  if (e.shiftKey && e.target.checked && last) pickRange(row);
  last = row.dataset.id;
  told();
});
