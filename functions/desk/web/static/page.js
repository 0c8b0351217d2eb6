// One page: its picture, what was found on it, and what a reviewer does about it.
import { Deciding } from './deciding.js';
import { Found, make, quoted, when } from './found.js';
import { keys, noDialog } from './keys.js';
import { Lines } from './lines.js';
import { minimap } from './minimap.js';
import { post, say } from './say.js';
import { Stage } from './stage.js';
import { t } from './text.js';

const $ = (id) => document.getElementById(id);
const { id, filter, next: onward } = $('page').dataset;
const address = '/p/' + encodeURIComponent(id);
const read = async () => {
  const r = await fetch(address + '/data.json');
  if (!r.ok) throw new Error((await r.json()).message);
  return r.json();
};

// Tabs.
const tabs = [...document.querySelectorAll('[role="tab"]')];
const chosen = () => tabs.find((tab) => tab.ariaSelected === 'true').id;
function open(name, focus) {
  for (const tab of tabs) {
    const is = tab.id === name;
    tab.ariaSelected = String(is);
    tab.tabIndex = is ? 0 : -1;
    $(tab.getAttribute('aria-controls')).hidden = !is;
    if (is && focus) tab.focus();
  }
  if (name === 'tab-text') { lines?.draw(); lines?.follow(); }
}
for (const [i, tab] of tabs.entries()) {
  tab.addEventListener('click', () => open(tab.id));
  tab.addEventListener('keydown', (e) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (by) open(tabs[(i + by + tabs.length) % tabs.length].id, true);
  });
}

// The way through the list: the pages that were seen in this tab come before those that were not.
const trail = JSON.parse(sessionStorage.getItem('desk-trail') ?? '[]').filter((seen) => seen !== id);
sessionStorage.setItem('desk-trail', JSON.stringify([...trail, id].slice(-100)));
const next = () => { location.href = onward; };
const former = () => {
  const last = trail.at(-1);
  if (!last) { say(t('js.no-former')); return; }
  sessionStorage.setItem('desk-trail', JSON.stringify(trail.slice(0, -1)));
  location.href = '/p/' + encodeURIComponent(last) + filter;
};
$('next').addEventListener('click', next);
$('former').addEventListener('click', former);

let page, stage, lines, found, deciding, here = () => {};

async function start() {
  try {
    page = await read();
  } catch (e) {
    say(e.message || t('js.no-answer'), true);
    return;
  }
  stage = new Stage($('scroll'), page, { moved });
  found = new Found($('found'), page, stage, (f) => {
    if (f) open('tab-findings');
    for (const mark of $('minimap').children) mark.classList.toggle('sel', f !== undefined && mark.dataset.n === String(f.n));
    deciding?.aim();
  });
  lines = new Lines({ list: $('lines'), search: $('search'), hits: $('hits') }, page, stage, (n) => found.choose(n));
  if ($('deciding')) {
    deciding = new Deciding($('deciding'), page, found, filter.slice(1), { changed, next, stale: () => { $('stale').hidden = false; } });
    $('policies').append(...[...new Set(page.findings.map((f) => f.rule))].map((rule) => Object.assign(make('option'), { value: rule })));
  }
  stage.zoomed = (zoom) => { $('zoom').textContent = Math.round(zoom * 100) + '%'; };
  stage.zoomed(stage.zoom);
  draw();
  const wanted = page.findings[+location.hash.match(/^#f(\d+)$/)?.[1]] ?? page.findings.find((f) => f.state === 'open') ?? page.findings[0];
  if (wanted) found.choose(wanted.n); else deciding?.aim();
  document.documentElement.dataset.ready = '';
}

// changed reads where the page stands anew, and keeps what one looks at.
async function changed() {
  let now;
  try { now = await read(); } catch { return; }
  if (now.version !== page.version) { $('stale').hidden = false; return; }
  page.standing = now.standing;
  for (const f of page.findings) Object.assign(f, { by: undefined }, (({ state, by, showing }) => ({ state, by, showing }))(now.findings[f.n]));
  draw();
}

function draw() {
  const { standing } = page, count = (only) => page.findings.filter((f) => only === 'open' ? f.state === 'open' : f.source === only).length;
  found.draw();
  $('state').hidden = false;
  $('state').className = 'state ' + standing.state;
  $('state').textContent = t('js.state.' + standing.state);
  $('sift').hidden = page.findings.length < 2;
  for (const chip of $('sift').children) {
    const n = chip.dataset.only && count(chip.dataset.only);
    chip.hidden = chip.dataset.only !== '' && !n && found.only !== chip.dataset.only;
    if (n !== '') chip.querySelector('b').textContent = n;
  }
  $('count-history').textContent = standing.decisions.length || '';
  history(standing);
  const marks = page.unseen.filter((u) => u.box).map((u) => ({ row: u.box[1], rows: u.box[3], kind: 'unseen' }));
  for (const f of page.findings) if (f.boxes.length) marks.push({ row: f.boxes[0][1], kind: found.kind(f), n: f.n });
  here = minimap($('minimap'), stage, marks);
  here(...stage.rows);
}

function history({ decisions }) {
  $('decisions').replaceChildren(...decisions.map((d) => {
    const li = make('li', d.undone ? 'undone' : '');
    li.append(make('p', '', make('b', 'did ' + d.action, t('js.action.' + d.action)), ' ', d.reason ? t('js.reason.' + d.reason) : d.action === 'undo' ? t('js.undoes', { n: d.undoes }) : d.policy ?? '', d.undone ? ' · ' + t('js.was-undone') : ''));
    li.append(make('p', 'by', '#' + d.n + ' · ', quoted(d.by), ', ', when(d.at), ' · ', d.series === 'picture' ? t('js.by-picture') : d.whole ? t('js.about-whole') : t('js.about', { n: d.marks ?? 0 })));
    if (d.quotes?.length) li.append(make('p', 'quotes', ...d.quotes.map((q) => make('q', '', quoted(q)))));
    if (d.words) li.append(make('p', 'words', quoted(d.words)));
    if (d.shown) {
      const a = make('a', '', t('js.see-then'));
      a.href = address + '/compare?with=' + d.shown;
      li.append(make('p', '', a));
    }
    return li;
  }));
  if (!decisions.length) $('decisions').append(make('li', 'none', t('js.nobody')));
}

function moved(top, bottom) {
  here(top, bottom);
  $('row').textContent = t('js.row', { row: Math.max(0, Math.round(top)), of: page.height });
  lines?.follow();
}

// What one does.
const boxes = (on) => {
  $('boxes').checked = on;
  $('scroll').classList.toggle('bare', !on);
};
const again = async () => {
  const answer = await post(address + '/again', {});
  say(answer.ok ? t('js.again') : answer.body.message, !answer.ok);
};
$('golden')?.addEventListener('click', async () => {
  const answer = await post(address + '/golden', {});
  say(answer.ok ? t('js.golden') : answer.body.message, !answer.ok);
});
$('boxes').addEventListener('change', (e) => boxes(e.target.checked));
$('smaller').addEventListener('click', () => stage.zoomOut());
$('larger').addEventListener('click', () => stage.zoomIn());
$('zoom').addEventListener('click', () => stage.toggle());
$('again')?.addEventListener('click', again);
$('sift').addEventListener('click', (e) => {
  const chip = e.target.closest('.chip');
  if (!chip) return;
  found.only = chip.dataset.only;
  for (const other of $('sift').children) other.ariaPressed = String(other === chip);
  found.draw();
});
$('findings').addEventListener('click', (e) => {
  const u = page?.unseen[e.target.closest('[data-unseen]')?.dataset.unseen];
  if (u) { boxes(true); stage.show(u.box); }
});

const ready = () => noDialog() && found;
// What scrolls a window scrolls the picture, unless something else is in focus.
const scrolls = (code, by) => ({ code, shift: false, repeat: true, run: () => { stage.scroll.scrollTop += by(stage.scroll); } });
keys([
  scrolls('Space', (s) => s.clientHeight * 0.9), scrolls('PageDown', (s) => s.clientHeight * 0.9), scrolls('PageUp', (s) => -s.clientHeight * 0.9),
  scrolls('ArrowDown', () => 60), scrolls('ArrowUp', () => -60), scrolls('Home', (s) => -s.scrollHeight), scrolls('End', (s) => s.scrollHeight),
], () => ready() && document.activeElement === document.body);
keys([
  { code: 'KeyN', shift: false, shows: 'n', says: 'js.key.finding', repeat: true, run: () => found.step(1) },
  { code: 'KeyP', shift: false, shows: 'p', says: 'js.key.finding', repeat: true, run: () => found.step(-1) },
  { code: 'KeyJ', shift: false, shows: 'j', says: 'js.key.page', run: next },
  { code: 'KeyK', shift: false, shows: 'k', says: 'js.key.page', run: former },
  { code: 'KeyB', shift: false, shows: 'b', says: 'js.key.boxes', run: () => boxes(!$('boxes').checked) },
  { code: 'KeyT', shift: false, shows: 't', says: 'js.key.text', run: () => open(chosen() === 'tab-text' ? 'tab-findings' : 'tab-text') },
  { code: 'KeyZ', shift: false, shows: 'z', says: 'js.key.zoom', run: () => stage.toggle() },
  { code: 'Equal', shows: '+', says: 'js.key.zoom', repeat: true, run: () => stage.zoomIn() },
  { code: 'Minus', shows: '−', says: 'js.key.zoom', repeat: true, run: () => stage.zoomOut() },
  { code: 'KeyV', shift: false, shows: 'v', says: 'js.key.compare', run: () => $('compare').click() },
  { code: 'KeyR', shift: false, shows: 'r', says: 'js.key.again', run: () => $('again') ? again() : false },
  { code: 'Slash', shift: false, shows: '/', says: 'js.key.search', run: () => { open('tab-text'); $('search').focus(); } },
], ready);

start();
