// Two inspections of a page beside each other, and what changed from one to the other.
import { make, quoted, when } from './found.js';
import { keys, noDialog } from './keys.js';
import { minimap } from './minimap.js';
import { say } from './say.js';
import { Stage } from './stage.js';
import { t } from './text.js';

const $ = (id) => document.getElementById(id);
const work = $('compare');

if (work) start();

$('with')?.addEventListener('change', (e) => e.target.form.submit());
keys([{ code: 'KeyV', shift: false, shows: 'v', says: 'js.key.back', run: () => $('to-page').click() }], noDialog);

async function start() {
  const { id, with: hash } = work.dataset;
  let c;
  try {
    const r = await fetch('/p/' + encodeURIComponent(id) + '/compare.json?with=' + hash);
    c = await r.json();
    if (!r.ok) throw new Error(c.message);
  } catch (e) {
    say(e.message || t('js.no-answer'), true);
    return;
  }
  new Comparison(c);
  document.documentElement.dataset.ready = '';
}

class Comparison {
  constructor(c) {
    Object.assign(this, c, { at: -1, only: '' });
    const lost = new Set();
    this.sides = { old: new Stage($('old'), this.old, { moved: () => this.follow('old') }), new: new Stage($('new'), this.new, { moved: () => this.follow('new') }) };
    this.sides.old.gone = (tile) => {
      $('gone').hidden = false;
      this.words(tile, lost);
    };
    this.mark();
    this.list();
    this.sift();
    for (const side of ['old', 'new']) this.sides[side].update();
    for (const option of $('with').options) option.textContent = option.textContent.replace(option.dataset.at, when(option.dataset.at).textContent);
    const step = (code, shows, by) => ({ code, shift: false, shows, says: 'js.key.change', repeat: true, run: () => this.step(by) });
    keys([
      step('KeyN', 'n', 1), step('KeyP', 'p', -1),
      { code: 'KeyZ', shift: false, shows: 'z', says: 'js.key.zoom', run: () => this.both((s) => s.toggle()) },
      { code: 'Equal', shows: '+', says: 'js.key.zoom', repeat: true, run: () => this.both((s) => s.zoomIn()) },
      { code: 'Minus', shows: '−', says: 'js.key.zoom', repeat: true, run: () => this.both((s) => s.zoomOut()) },
      { code: 'KeyB', shift: false, shows: 'b', says: 'js.key.boxes', run: () => this.both((s) => s.scroll.classList.toggle('bare')) },
    ], noDialog);
    if (this.shown.length) this.choose(this.shown[0]);
  }

  both(what) { what(this.sides.old); what(this.sides.new); }

  // follow has the other side show what lies beside what one side shows. A side that was
  // moved by the other leads nowhere.
  follow(side) {
    const stage = this.sides?.[side], other = this.sides?.[side === 'old' ? 'new' : 'old'];
    if (!stage || !other) return;
    this.here?.(...this.sides.new.rows);
    if (Math.abs(stage.scroll.scrollTop - stage.ledTo) <= 2 && stage.ledZoom === stage.zoom) return;
    stage.ledTo = undefined;
    other.ledTo = 0;
    const row = beside(this.level, side === 'old' ? 0 : 1, stage.eye);
    const top = row * other.zoom + other.paper.offsetTop - other.scroll.clientHeight / 3;
    other.ledTo = Math.max(0, Math.min(top, other.scroll.scrollHeight - other.scroll.clientHeight));
    other.ledZoom = other.zoom;
    other.scroll.scrollTop = top;
  }

  // places are the boxes of a change on one side.
  places(change, side) {
    const of = { text: (n) => [this[side].lines[n].box], finding: (n) => this[side].findings[n].boxes, picture: (n) => [this[side].tiles[n].box] };
    return (change[side] ?? []).flatMap(of[change.what]).filter((b) => b[2] > 0 && b[3] > 0);
  }

  mark() {
    const marks = [];
    this.changes.forEach((change, i) => {
      for (const side of ['old', 'new']) {
        for (const b of this.places(change, side)) {
          this.sides[side].add(b, () => {
            const el = make('div', `difference ${change.kind} ${change.what}` + (this.at === i ? ' sel' : ''));
            el.dataset.change = i;
            return el;
          });
        }
      }
      const [, y, , h] = this.places(change, 'new')[0] ?? [0, beside(this.level, 0, this.places(change, 'old')[0]?.[1] ?? 0), 0, 0];
      marks.push({ row: y, rows: h, kind: change.kind, n: i });
    });
    this.here = minimap($('minimap'), this.sides.new, marks);
  }

  get shown() { return this.changes.map((_, i) => i).filter((i) => !this.only || this.changes[i].what === this.only); }

  list() {
    $('changes').replaceChildren(...this.shown.map((i) => this.item(i)));
    const count = (what) => this.changes.filter((c) => c.what === what).length;
    const b = make('b', '', this.changes.length ? t('js.changes', { n: this.changes.length }) : t('js.no-change'));
    $('summary').replaceChildren(make('p', '', b), make('p', '', t('js.same', this.same)));
    this.counts = { text: count('text'), finding: count('finding'), picture: count('picture') };
  }

  item(i) {
    const change = this.changes[i], li = make('li', 'change ' + change.kind + (this.at === i ? ' sel' : '')), b = make('button');
    li.dataset.change = i;
    b.type = 'button';
    b.ariaLabel = t('js.change.' + change.kind);
    const place = this.places(change, 'new')[0] ?? this.places(change, 'old')[0];
    const about = make('div', 'about', make('p', 'label', t('js.change.' + change.kind) + ' · ' + t('js.what.' + change.what), make('span', 'num', place ? t('js.at', { row: Math.round(place[1]) }) : '')));
    about.append(...this.tell(change));
    li.append(b, about);
    li.addEventListener('click', () => this.choose(i));
    return li;
  }

  tell(change) {
    const text = (side) => (change[side] ?? []).map((n) => this[side].lines[n].text).join('\n');
    const para = (className, ...children) => {
      const p = make('p', className, ...children);
      p.lang = 'ko';
      return p;
    };
    if (change.what === 'finding') {
      const side = change.new ? 'new' : 'old', f = this[side].findings[change[side][0]];
      return [para('text quote', quoted(f.quote)), para('old', quoted(f.message))];
    }
    if (change.what === 'picture') {
      const side = change.new ? 'new' : 'old';
      return [para('old', t('js.tile', { from: this[side].tiles[change[side][0]].box[1], to: this[side].tiles[change[side][0]].box[1] + this[side].tiles[change[side][0]].box[3] }))];
    }
    if (change.parts) return [para('text', ...change.parts.map((p) => make(p.is < 0 ? 'del' : p.is > 0 ? 'ins' : 'span', '', p.text)))];
    if (change.kind === 'changed') return [para('text old', make('del', '', text('old'))), para('text', make('ins', '', text('new')))];
    return [para('text', quoted(text(change.new ? 'new' : 'old')))];
  }

  sift() {
    const el = $('sift');
    el.hidden = Object.values(this.counts).filter(Boolean).length < 2;
    const chip = (only, label) => {
      const b = make('button', 'chip', label);
      b.type = 'button';
      b.ariaPressed = String(this.only === only);
      b.addEventListener('click', () => {
        this.only = only;
        for (const other of el.children) other.ariaPressed = String(other === b);
        this.list();
      });
      return b;
    };
    el.replaceChildren(chip('', t('js.all')), ...Object.entries(this.counts).filter(([, n]) => n).map(([what, n]) => chip(what, t('js.what.' + what) + ' ' + n)));
  }

  choose(i) {
    this.at = i;
    for (const el of document.querySelectorAll('[data-change]')) el.classList.toggle('sel', el.dataset.change === String(i));
    for (const el of $('minimap').children) el.classList.toggle('sel', el.dataset.n === String(i));
    $('changes').querySelector('.sel')?.scrollIntoView({ block: 'nearest' });
    const change = this.changes[i], now = this.places(change, 'new')[0], was = this.places(change, 'old')[0];
    const to = (side, box) => {
      const stage = this.sides[side];
      stage.show(box);
      stage.ledTo = stage.scroll.scrollTop;
      stage.ledZoom = stage.zoom;
    };
    if (now) {
      this.sides.new.ledTo = undefined;
      this.sides.new.show(now);
      if (was && change.kind === 'moved') to('old', was);
    } else if (was) {
      this.sides.old.ledTo = undefined;
      this.sides.old.show(was);
    }
  }

  step(by) {
    const { shown } = this;
    if (!shown.length) return;
    const at = shown.indexOf(this.at);
    this.choose(shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length]);
  }

  // words stand where a picture is gone.
  words(tile, lost) {
    const [, top, , high] = tile.box;
    this.old.lines.forEach((l, i) => {
      const y = l.box[1] + l.box[3] / 2;
      if (lost.has(i) || l.box[3] <= 0 || y < top || y >= top + high) return;
      lost.add(i);
      this.sides.old.add(l.box, () => {
        const el = make('div', 'words', quoted(l.text));
        el.style.fontSize = Math.max(6, l.box[3] * this.sides.old.zoom * 0.8) + 'px';
        return el;
      });
    });
    this.sides.old.soon();
  }
}

// beside is the row of the other side that shows what a row of one side (0 or 1) does:
// between two heights that are level it is as far, and outside of them at the same distance.
export function beside(level, side, row) {
  const other = 1 - side;
  let low = 0, high = level.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (level[mid][side] <= row) low = mid + 1; else high = mid;
  }
  const above = level[low - 1], below = level[low];
  if (!above && !below) return row;
  if (!below) return above[other] + row - above[side];
  if (!above) return below[other] + row - below[side];
  return above[other] + (row - above[side]) / (below[side] - above[side]) * (below[other] - above[other]);
}
