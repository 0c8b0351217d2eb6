// The text of a page, in step with its picture.
import { t } from './text.js';

// plain is a text as it is searched: case, width and spaces, which recognition does not
// get right, do not count.
const plain = (s) => s.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
const doubtful = 0.6; // the confidence below which a reading is more often wrong than right
const most = 300;     // hits that are marked on the picture

export class Lines {
  // els has list (which scrolls), search and hits. finding(n) is told that a finding's
  // number was pressed.
  constructor({ list, search, hits }, page, stage, finding) {
    Object.assign(this, { list, search, hits, page, stage, finding, marks: [], found: [], at: -1 });
    this.byRow = page.lines.map((l, i) => [l.box[1] + l.box[3] / 2, i]).filter(([, i]) => page.lines[i].box[3] > 0).sort((a, b) => a[0] - b[0]);
    search.addEventListener('input', () => this.find());
    search.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && !e.isComposing) this.step(e.shiftKey ? -1 : 1);
      if (e.key === 'Escape') this.clear();
    });
    list.addEventListener('click', (e) => {
      const ref = e.target.closest('.ref'), row = e.target.closest('li');
      if (ref) this.finding(+ref.dataset.n);
      else if (row && !String(getSelection())) this.go(+row.dataset.i);
    });
    list.addEventListener('scroll', () => this.lead(), { passive: true });
  }

  // draw makes the rows when they are first wanted.
  draw() {
    if (this.rows) return;
    const refs = new Map();
    for (const f of this.page.findings) for (const i of f.lines) refs.set(i, [...refs.get(i) ?? [], f]);
    const all = document.createDocumentFragment(), ol = document.createElement('ol');
    ol.lang = 'ko';
    this.rows = this.page.lines.map((l, i) => {
      const li = document.createElement('li'), b = document.createElement('button'), bdi = document.createElement('bdi');
      li.dataset.i = i;
      if (i > 0 && l.block !== this.page.lines[i - 1].block) li.className = 'gap';
      bdi.textContent = l.text;
      b.type = 'button';
      b.append(bdi);
      li.append(b);
      for (const f of refs.get(i) ?? []) {
        const ref = document.createElement('button');
        ref.type = 'button';
        ref.className = 'ref ' + f.severity;
        ref.dataset.n = f.n;
        ref.textContent = f.n + 1;
        ref.ariaLabel = t('js.finding', { n: f.n + 1 });
        li.append(ref);
      }
      if (l.source && l.source !== 'both') li.append(tag(t('js.source.' + l.source)));
      if (l.confidence > 0 && l.confidence < doubtful) li.append(tag(t('js.doubtful', { percent: Math.round(l.confidence * 100) + '%' })));
      ol.append(li);
      return li;
    });
    all.append(ol);
    this.list.replaceChildren(all);
  }

  // go shows the place of a line on the picture, and the line in the list.
  go(i) {
    this.draw();
    this.choose(i);
    this.scrollTo(i);
    const box = this.page.lines[i].box;
    if (!this.found.length) this.unmark();
    if (box[2] <= 0) return;
    if (!this.found.includes(i)) this.mark(i);
    this.led(() => this.stage.show(box));
    this.stage.paper.querySelectorAll('.line-mark').forEach((el) => el.classList.toggle('now', +el.dataset.i === i));
  }

  choose(i) {
    this.rows[this.at]?.classList.remove('sel');
    this.at = i;
    this.rows[i].classList.add('sel');
  }

  scrollTo(i) {
    const top = this.rows[i].offsetTop - this.list.clientHeight / 3;
    this.set = Math.max(0, Math.min(Math.round(top), this.list.scrollHeight - this.list.clientHeight));
    this.list.scrollTop = this.set;
  }

  mark(i) {
    this.marks.push(this.stage.add(this.page.lines[i].box, () => {
      const el = document.createElement('div');
      el.className = 'line-mark' + (i === this.at ? ' now' : '');
      el.dataset.i = i;
      return el;
    }));
  }

  unmark() {
    for (const m of this.marks) this.stage.take(m);
    this.marks = [];
  }

  // follow scrolls the text to what the picture shows.
  follow() {
    if (!this.rows || !this.list.offsetParent || !this.byRow.length || this.found.length) return;
    if (this.leading || Math.abs(this.stage.scroll.scrollTop - this.ledTo) <= 2) return;
    this.ledTo = undefined;
    this.scrollTo(this.near(this.stage.eye));
  }

  // lead moves the picture to what the text shows, if it was the reader who moved it.
  lead() {
    if (Math.abs(this.list.scrollTop - this.set) <= 2 || !this.rows?.length) return;
    this.set = this.list.scrollTop;
    const y = this.list.scrollTop + this.list.clientHeight / 3;
    let low = 0, high = this.rows.length - 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.rows[mid].offsetTop + this.rows[mid].offsetHeight < y) low = mid + 1; else high = mid;
    }
    const box = this.page.lines[low].box;
    if (box[3] <= 0) return;
    this.led(() => this.stage.look(box[1] + box[3] / 2));
  }

  // led has the picture follow the text, and not lead back.
  led(move) {
    this.leading = true;
    move();
    this.leading = false;
    this.ledTo = this.stage.scroll.scrollTop;
  }

  // near is the line that is nearest to a row of the page.
  near(row) {
    let low = 0, high = this.byRow.length - 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.byRow[mid][0] < row) low = mid + 1; else high = mid;
    }
    if (low > 0 && row - this.byRow[low - 1][0] < this.byRow[low][0] - row) low--;
    return this.byRow[low][1];
  }

  find() {
    this.draw();
    this.texts ||= this.page.lines.map((l) => plain(l.text));
    const wanted = plain(this.search.value);
    this.unmark();
    this.found = wanted ? this.texts.flatMap((text, i) => text.includes(wanted) ? [i] : []) : [];
    this.rows.forEach((r) => r.classList.remove('hit'));
    this.found.forEach((i) => this.rows[i].classList.add('hit'));
    this.list.classList.toggle('searching', !!wanted);
    this.found.slice(0, most).forEach((i) => this.mark(i));
    this.hits.textContent = wanted ? t('js.hits', { n: this.found.length }) : '';
    if (this.found.length) this.go(this.found[0]);
    this.stage.update();
  }

  step(by) {
    if (!this.found.length) return;
    const at = this.found.indexOf(this.at);
    this.go(this.found[(at + by + this.found.length) % this.found.length]);
  }

  clear() {
    this.search.value = '';
    if (this.rows) this.find();
    this.search.blur();
  }
}

function tag(text) {
  const el = document.createElement('span');
  el.className = 'tag';
  el.textContent = text;
  return el;
}
