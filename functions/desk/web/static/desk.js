// The shell of each page: its settings, its keys, and what is said aloud.
import { noDialog, keys } from './keys.js';
import { post, say } from './say.js';

const settings = document.getElementById('settings');

async function set(what) {
  const answer = await post('/session', what);
  if (!answer.ok) { say(answer.body.message, true); return false; }
  return true;
}

settings.addEventListener('click', async (e) => {
  const b = e.target.closest('button');
  if (!b) return;
  if (b.dataset.lang && await set({ lang: b.dataset.lang })) location.reload();
  if (b.dataset.theme && await set({ theme: b.dataset.theme })) {
    document.documentElement.dataset.theme = b.dataset.theme;
    for (const other of settings.querySelectorAll('[data-theme]')) other.setAttribute('aria-pressed', other === b);
  }
});
document.getElementById('unblur').addEventListener('change', async (e) => {
  if (await set({ unblur: e.target.checked })) document.documentElement.toggleAttribute('data-unblur', e.target.checked);
});

// A menu closes when something else is wanted.
addEventListener('click', (e) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(e.target)) menu.open = false;
});
keys([{ code: 'Escape', run: () => {
  const menu = document.querySelector('details.menu[open]');
  if (!menu) return false;
  menu.open = false;
  menu.querySelector('summary').focus();
} }], (e) => noDialog() && document.querySelector('details.menu[open]'));

// A picture that may be indecent is shown by its button.
addEventListener('click', (e) => {
  const b = e.target.closest('button.unblur');
  if (!b) return;
  const seen = b.closest('.blur').classList.toggle('seen');
  b.setAttribute('aria-pressed', seen);
});

// Times are told as the reader's clock has them.
export function tellTimes(root) {
  for (const el of root.querySelectorAll('time[datetime]:not([title])')) {
    el.title = new Date(el.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  }
}
tellTimes(document);
