// Deciding: the sheet that asks how, what is sent, and taking it back. The list and the
// page both use it.
import { post, say } from './say.js';
import { t } from './text.js';

const sheet = document.getElementById('ask');
const form = sheet?.querySelector('form');

// decide sends one decision on a page: {known, version, action, reason, policy, words} and
// findings, open, whole or picture. It says what came of it, remembers it for undo, and
// returns {ok, status, body}.
export async function decide(id, body, filter = '') {
  const answer = await post(address(id, 'decide', filter), body);
  if (!answer.ok) { say(answer.body.message, true); return answer; }
  for (const d of answer.body.decisions) {
    remember({ id, known: answer.body.standing?.known ?? d.n, undoes: d.n, picture: d.series === 'picture' ? d.subject : '', series: d.series });
  }
  say(t(`js.done.${body.action}`, { n: answer.body.decisions[0].marks?.length ?? 0 }));
  return answer;
}

export const address = (id, what, filter = '') => `/p/${encodeURIComponent(id)}/${what}${filter ? '?' + filter : ''}`;

// What was decided in this tab, the latest last: {id, known, undoes, picture, series} or {run, pages}.
const key = 'desk.decided';
const decided = () => JSON.parse(sessionStorage.getItem(key) ?? '[]');

export function remember(what) {
  const all = [...decided(), what].slice(-200);
  try { sessionStorage.setItem(key, JSON.stringify(all)); } catch { sessionStorage.removeItem(key); }
}

const forget = () => sessionStorage.setItem(key, JSON.stringify(decided().slice(0, -1)));

// renew has what was decided before on a page be taken back after its latest decision.
const renew = (id, known) => sessionStorage.setItem(key, JSON.stringify(decided().map((d) => d.id === id ? { ...d, known } : d)));

let undoing = false;

// undo takes back what was decided last in this tab. It returns the ids of the pages
// that it changed; undoRun takes back a run.
export async function undo(undoRun) {
  const last = decided().at(-1);
  if (undoing) return [];
  if (!last) { say(t('js.undo.none')); return []; }
  undoing = true;
  try {
    if (last.run) {
      if (!undoRun) { say(t('js.undo.in-list'), true); return []; }
      const pages = await undoRun(last);
      if (pages.length) forget();
      return pages;
    }
    const answer = await post(address(last.id, 'undo'), { known: last.known, undoes: last.undoes, picture: last.picture, series: last.series });
    // One that cannot be taken back now, as somebody else decided since, is not in the way of the one before.
    if (answer.ok || answer.status === 409 || answer.status === 422) forget();
    if (answer.body.standing) renew(last.id, answer.body.standing.known);
    say(answer.ok ? t('js.undo.done') : answer.body.message, !answer.ok);
    return answer.status ? [last.id] : [];
  } finally { undoing = false; }
}

// ask opens the sheet and returns what was chosen, or null. options: action (one that is
// settled, or ''), about (a quote), title, open (how many findings are open), scopes (of one, open,
// whole; the first is chosen), picture (whether it may be asked), policy (whether it must be said).
export function ask(options) {
  const field = (name) => form.elements[name];
  form.reset();
  sheet.querySelector('h2').textContent = options.title;
  const about = sheet.querySelector('.about');
  about.hidden = !options.about;
  about.querySelector('bdi').textContent = options.about ?? '';
  sheet.querySelector('[data-text="open"]').textContent = t('js.scope.open', { n: options.open ?? 0 });
  for (const label of sheet.querySelectorAll('[data-part="scope"] label')) {
    label.hidden = !options.scopes.includes(label.querySelector('input').value);
  }
  field('scope').value = options.scopes[0];
  field('action').value = options.action || 'confirm';
  const wrong = sheet.querySelector('.wrong');
  wrong.textContent = '';

  const show = () => {
    const action = field('action').value;
    const part = (name, shown) => { sheet.querySelector(`[data-part="${name}"]`).hidden = !shown; };
    part('action', !options.action);
    part('scope', options.scopes.length > 1);
    part('reason', action === 'dismiss');
    part('policy', action === 'confirm');
    part('picture', !!options.picture && field('scope').value !== 'whole' && field('reason').value !== 'clean');
    if (field('reason').value === 'clean' && options.scopes.includes('whole')) field('scope').value = 'whole';
    sheet.querySelector('[value="ok"]').textContent = t(`js.ok.${action}`);
  };
  const chosen = () => {
    const action = field('action').value, scope = field('scope').value;
    return {
      action, scope, reason: action === 'dismiss' ? field('reason').value : '', policy: action === 'confirm' ? field('policy').value.trim() : '',
      words: field('words').value.trim(), picture: field('picture').checked && scope !== 'whole',
    };
  };
  const missing = (c) => c.action === 'dismiss' && !c.reason ? t('js.missing.reason') : c.action === 'confirm' && options.policy && !c.policy ? t('js.missing.policy') : '';

  return new Promise((resolve) => {
    const end = (c) => { sheet.close(); stop.abort(); resolve(c); };
    const stop = new AbortController(), on = { signal: stop.signal };
    const submit = () => {
      const c = chosen();
      wrong.textContent = missing(c);
      if (!wrong.textContent) end(c);
    };
    form.addEventListener('change', show, on);
    form.addEventListener('submit', (e) => { e.preventDefault(); submit(); }, on);
    sheet.querySelector('[value="cancel"]').addEventListener('click', () => end(null), on);
    sheet.addEventListener('cancel', (e) => { e.preventDefault(); end(null); }, on);
    // A digit gives the reason and decides, unless it is being written.
    sheet.addEventListener('keydown', (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat || /^(text|textarea)$/.test(e.target.type)) return;
      const n = /^(?:Digit|Numpad)([1-5])$/.exec(e.code)?.[1];
      if (!n || field('action').value !== 'dismiss') return;
      e.preventDefault();
      field('reason')[n - 1].checked = true;
      show();
      submit();
    }, on);
    show();
    sheet.showModal();
    const first = options.action === 'dismiss' ? field('reason')[0] : options.action === 'confirm' && options.policy ? field('policy') : sheet.querySelector('[value="ok"]');
    first.focus();
  });
}

// said makes of what was chosen the fields that are sent, finding being the one shown.
export const said = ({ scope, ...rest }, finding) => ({
  ...rest, ...(scope === 'one' ? { findings: [finding] } : scope === 'open' ? { open: true } : { whole: true }),
});

// hold claims a page for as long as it is open, and tells taken(claim) if somebody else
// has it. It renews the claim far more often than it ends.
export function hold(id, taken) {
  const claim = async () => {
    if (document.visibilityState !== 'visible') return;
    const answer = await post(address(id, 'claim'), {});
    taken(answer.status === 409 ? answer.body.claim : null);
  };
  claim();
  setInterval(claim, 3 * 60 * 1000);
  document.addEventListener('visibilitychange', claim);
  addEventListener('pagehide', () => { post(address(id, 'release'), {}, { keepalive: true }); });
}
