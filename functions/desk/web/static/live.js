// What changes while a list is looked at: how far the index is, new pages, who has which.
// Nothing moves by itself: new pages come when they are asked for.
import { all, refresh } from './rows.js';
import { t } from './text.js';

const every = 5000;

export function watch({ who }) {
  const list = document.querySelector('.list');
  const { filter } = list.dataset;
  let { version } = list.dataset;
  const shown = Number(list.dataset.total);
  const fresh = document.getElementById('fresh'), reading = document.getElementById('reading');
  fresh.querySelector('button').addEventListener('click', () => location.assign(filter ? '/?' + filter : '/'));

  function counts({ total, states }) {
    for (const tab of document.querySelectorAll('.states [data-state]')) tab.querySelector('b').textContent = (states[tab.dataset.state] ?? 0).toLocaleString('en');
    fresh.hidden = total <= shown;
    fresh.querySelector('button').textContent = t('js.fresh', { n: total - shown });
  }

  function progress({ done, total, current }) {
    reading.hidden = current;
    const bar = reading.querySelector('progress');
    if (total) { bar.max = total; bar.value = done; }
    reading.querySelector('span').textContent = total ? t('js.reading.of', { n: done, of: total }) : t('js.reading', { n: done });
  }

  function claims(held) {
    for (const row of all()) {
      const c = held?.[row.dataset.id], label = row.querySelector('.held');
      label.hidden = !c || c.by === who;
      label.textContent = label.hidden ? '' : t('js.held', { who: c.by.split('@')[0] });
    }
  }

  let first = true, waiting, looking = false;
  async function look() {
    if (looking) return;
    looking = true;
    clearTimeout(waiting);
    if (document.visibilityState === 'visible') {
      try {
        const r = await fetch(`/status?${filter}${first ? '' : `&version=${version}`}`, { headers: { Accept: 'application/json' } });
        if (r.ok) {
          const s = await r.json(), changed = s.version !== version;
          progress(s.progress);
          if (s.states) counts(s);
          version = s.version;
          first = false;
          if (changed) await refresh(all().map((row) => row.dataset.id));
          claims(s.claims);
        }
      } catch { /* the desk does not answer: the next look may */ }
    }
    looking = false;
    waiting = setTimeout(look, every);
  }
  addEventListener('focus', look);
  look();
}
