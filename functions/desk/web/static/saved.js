// Filters that were given a name, for everybody.
import { post, say } from './say.js';
import { t } from './text.js';

const menu = document.getElementById('saved'), ul = menu.querySelector('ul'), list = document.querySelector('.list');

async function show() {
  const r = await fetch('/filters', { headers: { Accept: 'application/json' } });
  const all = r.ok ? await r.json() : [];
  ul.replaceChildren(...all.map(({ name, query, by }) => {
    const li = document.createElement('li'), a = document.createElement('a'), drop = document.createElement('button');
    a.href = '/?' + new URLSearchParams(query);
    a.textContent = name;
    a.title = by;
    drop.type = 'button';
    drop.textContent = '✕';
    drop.setAttribute('aria-label', t('js.saved.drop', { name }));
    drop.addEventListener('click', async () => {
      const answer = await post('/filters', { name }, { method: 'DELETE' });
      if (!answer.ok) say(answer.body.message, true);
      show();
    });
    li.append(a);
    if ('may' in list.dataset) li.append(drop);
    return li;
  }));
}

menu.addEventListener('toggle', () => { if (menu.open) show(); });
menu.querySelector('form')?.addEventListener('submit', async (e) => {
  e.preventDefault();
  const name = document.getElementById('save-name');
  const answer = await post('/filters', { name: name.value, query: list.dataset.filter });
  say(answer.ok ? t('js.saved.done', { name: name.value }) : answer.body.message, !answer.ok);
  if (answer.ok) { name.value = ''; show(); }
});
document.getElementById('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say(t('js.copied'));
  } catch { say(location.href); }
});
