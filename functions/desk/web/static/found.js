// The findings of a page: their list, and their boxes on the picture.
import { t } from './text.js';

// make is an element with a class and a text or children.
export function make(name, className = '', ...children) {
  const el = document.createElement(name);
  if (className) el.className = className;
  el.append(...children);
  return el;
}

// quoted is what a stranger wrote, kept to itself.
export const quoted = (text) => make('bdi', '', text);

// when is a time as the reader's clock has it.
export function when(at) {
  const el = make('time', '', new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }));
  el.dateTime = at;
  return el;
}

export class Found {
  // list is where the findings are listed, chosen(finding) is told which one is current.
  constructor(list, page, stage, chosen) {
    Object.assign(this, { list, page, stage, chosen, current: -1, only: '' });
    for (const f of page.findings) {
      f.things = f.boxes.map((b, i) => stage.add(b, () => this.box(f, i === 0)));
    }
    list.addEventListener('click', (e) => {
      const item = e.target.closest('.item');
      if (item && !e.target.closest('a') && !String(getSelection())) this.choose(+item.dataset.n);
    });
  }

  box(f, first) {
    const el = make('button', this.kind(f) + ' box');
    el.type = 'button';
    el.tabIndex = -1;
    el.dataset.n = f.n;
    el.title = `${f.n + 1}. ${f.message}`;
    el.ariaLabel = t('js.finding', { n: f.n + 1 });
    if (first) el.append(make('b', 'no', make('span', '', String(f.n + 1))));
    el.addEventListener('click', () => this.choose(f.n, 'picture'));
    return el;
  }

  kind(f) {
    return f.severity + (f.counts ? '' : ' soft') + ' is-' + f.state + (f.n === this.current ? ' sel' : '');
  }

  // shown are the findings that the filter leaves.
  get shown() {
    const { only } = this;
    return this.page.findings.filter((f) => !only || (only === 'open' ? f.state === 'open' : f.source === only));
  }

  draw() {
    this.list.replaceChildren(...this.shown.map((f) => this.item(f)));
    for (const f of this.page.findings) {
      for (const thing of f.things) if (thing.el) thing.el.className = this.kind(f) + ' box';
    }
  }

  redraw(f) {
    if (!f) return;
    this.list.querySelector(`[data-n="${f.n}"]`)?.replaceWith(this.item(f));
    for (const thing of f.things) if (thing.el) thing.el.className = this.kind(f) + ' box';
  }

  item(f) {
    const li = make('li', this.kind(f) + ' item'), about = make('div', 'about');
    li.dataset.n = f.n;
    if (f.n === this.current) li.ariaCurrent = 'true';
    const no = make('button', 'no', make('span', '', String(f.n + 1)));
    no.type = 'button';
    no.ariaLabel = t('js.finding', { n: f.n + 1 }) + ', ' + t('js.severity.' + f.severity);
    const head = make('div', 'line', make('span', 'sev', t('js.severity.' + f.severity)));
    if (f.kind) head.append(make('span', 'kind', t('js.kind.' + f.kind)));
    head.append(make('span', 'where', f.boxes.length ? t('js.at', { row: Math.round(f.boxes[0][1]) }) : t('js.no-place')));
    about.append(head);
    if (f.quote) {
      const q = make('p', 'quote', quoted(f.quote));
      q.lang = 'ko';
      about.append(q);
    }
    about.append(korean('message', f.message));
    if (f.n === this.current) {
      if (f.law) about.append(korean('law', f.law));
      if (f.suggest?.length) {
        const p = make('p', 'suggest', t('js.suggest'), ' ');
        p.append(...f.suggest.map(quoted));
        about.append(p);
      }
      about.append(make('code', 'rule', f.rule));
    }
    const tags = make('p', 'tags', ...this.tags(f));
    if (tags.childNodes.length) about.append(tags);
    if (f.counts || f.by) about.append(this.standing(f));
    li.append(no, about);
    return li;
  }

  tags(f) {
    const tags = [];
    const add = (text, why, more = '') => {
      const el = make('span', 'tag ' + more, text);
      if (why) el.title = why;
      tags.push(el);
    };
    if (f.source && f.source !== 'both') add(t('js.source.' + f.source), t('js.source.' + f.source + '.why'), 'src-' + f.source);
    if (f.evasion) add(t('js.evasion', { how: f.evasion }));
    if (f.match && f.match !== 'exact') add(t('js.match.' + f.match));
    if (!f.counts) add(t('js.told-only'));
    return tags;
  }

  standing(f) {
    const p = make('p', 'stands', make('span', 'state ' + f.state, t('js.state.' + f.state)));
    if (f.by) p.append(' ', make('span', 'by', quoted(f.by.by), ', ', when(f.by.at), f.by.reason ? ' · ' + t('js.reason.' + f.by.reason) : '',
      f.by.series === 'picture' ? ' · ' + t('js.by-picture') : ''), ...(f.by.words ? [make('q', '', quoted(f.by.words))] : []));
    return p;
  }

  // choose makes a finding the current one. from says where it was chosen: what is
  // looked at there is not moved.
  choose(n, from = '') {
    const before = this.current;
    this.current = n;
    for (const one of new Set([before, n])) this.redraw(this.page.findings[one]);
    const f = this.page.findings[n];
    this.list.querySelector('.sel')?.scrollIntoView({ block: 'nearest' });
    if (f?.boxes.length && from !== 'picture') this.stage.show(f.boxes[0]);
    this.chosen(f);
  }

  // step goes to the next or the former one that is shown, round the end.
  step(by, state = '') {
    const all = this.shown.filter((f) => !state || f.state === state);
    if (!all.length) return false;
    const after = by > 0 ? all.find((f) => f.n > this.current) : all.findLast((f) => f.n < this.current);
    this.choose((after ?? all.at(by > 0 ? 0 : -1)).n);
    return true;
  }
}

function korean(className, text) {
  const p = make('p', className, quoted(text));
  p.lang = 'ko';
  return p;
}
