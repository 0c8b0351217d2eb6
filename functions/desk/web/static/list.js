// The list: moving, selecting and deciding, by keys and by hand.
import { address, ask, decide, said, undo } from './decide.js';
import './saved.js';
import { keys, noDialog, showHelp } from './keys.js';
import { clearPicks, decideBulk, pickRange, picked, takeBack } from './bulk.js';
import { watch } from './live.js';
import { all, current, move, refresh, rowOf, show } from './rows.js';
import { part, post, say } from './say.js';
import { t } from './text.js';

const { filter, who } = document.querySelector('.list').dataset;
const may = 'may' in document.querySelector('.list').dataset;

const busy = new Set();

// scopes are what a decision in a row can be about: the finding that is shown, all that
// are open, or the page as a whole. Where what is open is no finding, it is the page.
function scopes({ dataset: { finding, state, open } }) {
  if (finding === undefined || state === 'open' && open === '0') return ['whole'];
  return Number(open) > 1 ? ['one', 'open', 'whole'] : ['one', 'whole'];
}

// act decides in a row. What needs no asking is decided at once.
async function act(row, action) {
  const { id, version, quote, open, finding } = row.dataset, known = Number(row.dataset.known);
  if (busy.has(id)) return;
  const able = scopes(row);
  let what = { action, scope: able[0], reason: '', policy: '', words: '', picture: false };
  const needsPolicy = finding === undefined;
  if (action === 'more' || action === 'dismiss' || action === 'confirm' && needsPolicy) {
    what = await ask({
      title: t(action === 'more' ? 'js.ask.more' : `js.ask.${action}`), about: able[0] === 'one' ? quote : row.querySelector('.title').textContent,
      action: action === 'more' ? '' : action, scopes: able, open: Number(open), picture: able.includes('one'), policy: needsPolicy,
    });
    show(row);
    if (!what) return;
  }
  busy.add(id);
  row.classList.add('busy');
  const answer = await decide(id, { ...said(what, Number(finding)), known, version }, filter);
  await refresh([id]);
  busy.delete(id);
  rowOf(id)?.classList.remove('busy');
  if (answer.ok && current()?.dataset.id === id && answer.body.standing?.state !== 'open') move(1);
}

async function back() {
  const ids = await undo(takeBack);
  await refresh(ids);
  const row = rowOf(ids[0]);
  if (row) show(row);
}

async function again(row) {
  const answer = await post(address(row.dataset.id, 'again'), {});
  say(answer.ok ? t('js.again') : answer.body.message, !answer.ok);
}

const withRow = (run) => () => { const row = current(); if (row) run(row); else if (all()[0]) show(all()[0]); };
const decides = (action) => () => picked().length ? decideBulk(action) : withRow((row) => act(row, action))();

keys([
  { code: 'KeyJ', shows: 'j', says: 'js.list.down', repeat: true, run: () => move(1) },
  { code: 'KeyK', shows: 'k', says: 'js.list.up', repeat: true, run: () => move(-1) },
  { code: 'Enter', shows: '↵', says: 'js.list.open', run: withRow((row) => row.querySelector('.title').click()) },
  { code: 'KeyO', shows: 'o', says: 'js.list.open', run: withRow((row) => row.querySelector('.title').click()) },
  { code: 'Slash', shift: false, shows: '/', says: 'js.list.search', run: () => document.getElementById('text').select() },
], noDialog);
if (may) keys([
  { code: 'KeyC', shift: false, shows: 'c', says: 'js.list.confirm', run: decides('confirm') },
  { code: 'KeyD', shift: false, shows: 'd', says: 'js.list.dismiss', run: decides('dismiss') },
  { code: 'KeyE', shift: false, shows: 'e', says: 'js.list.escalate', run: decides('escalate') },
  { code: 'KeyM', shows: 'm', says: 'js.list.more', run: withRow((row) => act(row, 'more')) },
  { code: 'KeyU', shows: 'u', says: 'js.list.undo', run: back },
  { code: 'KeyX', shift: false, shows: 'x', says: 'js.list.select', run: withRow((row) => row.querySelector('.pick input').click()) },
  { code: 'KeyX', shift: true, shows: '⇧x', says: 'js.list.range', run: withRow(pickRange) },
  { code: 'KeyR', shift: true, shows: '⇧r', says: 'js.list.again', run: withRow(again) },
  { code: 'Escape', run: () => picked().length ? clearPicks() : false },
], noDialog);
keys([{ code: 'KeyN', shows: 'n', says: 'js.list.next', run: () => { location.href = '/next?' + filter; } }], noDialog);

document.getElementById('show-keys').addEventListener('click', showHelp);
document.querySelector('.rows')?.addEventListener('click', (e) => {
  const button = e.target.closest('[data-act]');
  if (button) act(button.closest('.row'), button.dataset.act);
});

const facets = document.getElementById('facets');
part(facets.dataset.href).then((d) => { if (d) facets.replaceChildren(document.adoptNode(d.querySelector('.facets'))); });
watch({ who });
