// What a reviewer decides on a page, and who has it.
import { keys, noDialog } from './keys.js';
import { post, say } from './say.js';
import { t } from './text.js';

const renewal = 4 * 60_000; // a claim holds for ten minutes
const reasons = ['misread', 'lawful', 'proof', 'rule-wrong', 'clean'];

export class Deciding {
  // form is the part of the page with the buttons; found its findings; changed() draws
  // the page anew, next() leads on when nothing on it is open, and again() reads it anew.
  constructor(form, page, found, { changed, next }) {
    Object.assign(this, { form, page, found, changed, next, busy: false, address: '/p/' + encodeURIComponent(page.id) });
    form.addEventListener('submit', (e) => e.preventDefault());
    form.addEventListener('click', (e) => {
      const b = e.target.closest('button[data-do]');
      if (b) this.do(b.dataset.do, e.shiftKey);
    });
    form.whole.addEventListener('change', () => this.aim());
    form.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') e.target.blur();
    });
    const act = (code, shows, what) => keys([
      { code, shift: false, shows, says: 'js.key.' + what, run: () => this.do(what) },
      { code, shift: true, shows: '⇧' + shows, says: 'js.key.' + what, run: () => this.do(what, true) },
    ], noDialog);
    act('KeyC', 'c', 'confirm');
    act('KeyD', 'd', 'dismiss');
    act('KeyE', 'e', 'escalate');
    keys(reasons.map((r, i) => ({ code: 'Digit' + (i + 1), shift: false, shows: String(i + 1), says: 'js.key.reason', run: () => this.do(r) })), () => noDialog() && this.asking);
    keys([
      { code: 'Escape', run: () => this.ask(false) },
    ], () => noDialog() && this.asking);
    keys([
      { code: 'KeyU', shift: false, shows: 'u', says: 'js.key.undo', run: () => this.undo() },
      { code: 'KeyW', shift: false, shows: 'w', says: 'js.key.words', run: () => form.words.focus() },
    ], noDialog);
    this.claim();
  }

  // aim says what the next decision is about: the current finding, or the whole page.
  aim() {
    const { form, page } = this, f = page.findings[this.found.current];
    const whole = form.whole.checked || !f;
    this.ask(false);
    form.querySelector('.aim').textContent = whole ? t('js.aim.whole') : t('js.aim.finding', { n: f.n + 1 });
    form.whole.disabled = !f;
    form.policy.placeholder = whole ? t('js.policy') : f.rule;
    const each = form.querySelector('.each'), showing = whole ? 0 : f.showing ?? 0;
    each.hidden = showing < 2;
    if (showing < 2) form.picture.checked = false;
    each.querySelector('span').textContent = t('js.each', { n: showing });
    form.querySelector('[data-do="clean"]').hidden = !whole;
  }

  ask(asking) {
    this.asking = asking;
    this.form.classList.toggle('asking', asking);
    this.form.querySelector('.reasons').hidden = !asking;
    this.form.querySelector('button[data-do="dismiss"]').ariaExpanded = String(asking);
  }

  do(what, whole) {
    if (whole) {
      this.form.whole.checked = true;
      this.aim();
    }
    if (what === 'dismiss') { this.ask(true); return; }
    if (!reasons.includes(what)) { this.decide({ action: what }); return; }
    if (what === 'clean' && !this.whole) { say(t('js.clean-is-whole'), true); return; }
    this.decide({ action: 'dismiss', reason: what });
  }

  get whole() { return this.form.whole.checked || !this.page.findings[this.found.current]; }

  async decide(what) {
    if (this.busy) return;
    const { form, page, whole } = this, f = page.findings[this.found.current];
    const body = { known: page.standing.known, version: page.version, words: form.words.value.trim(), policy: '', picture: !whole && form.picture.checked, ...what };
    if (whole) body.whole = true; else body.findings = [f.n];
    if (what.action === 'confirm') body.policy = form.policy.value.trim() || (whole ? '' : f.rule);
    if (what.action === 'confirm' && whole && !body.policy && !page.findings.some((f) => f.counts)) {
      say(t('js.policy-first'), true);
      form.querySelector('details').open = true;
      form.policy.focus();
      return;
    }
    await this.send('decide', body, (answer) => {
      const d = answer.decision;
      remember({ id: page.id, undoes: d.n, known: d.n, picture: d.series === 'picture' ? d.subject : '' });
      say(t('js.decided.' + d.action) + ' ' + t('js.undo-hint'));
      form.words.value = form.policy.value = '';
      form.whole.checked = false;
      return answer.next;
    });
  }

  // undo takes back what this reviewer decided last in this tab, on whatever page, or
  // else their last decision on this page.
  async undo() {
    const { page } = this, mine = page.standing.decisions.find((d) => !d.undone && d.action !== 'undo' && d.by === this.form.dataset.who);
    const what = remembered() ?? (mine && { id: page.id, undoes: mine.n, picture: '' });
    if (!what) { say(t('js.nothing-to-undo'), true); return; }
    const { id, ...undo } = what;
    if (id === page.id) undo.known = page.standing.known;
    await this.send('undo', undo, () => {
      remember();
      say(t('js.undone'));
      if (id !== page.id) location.href = '/p/' + encodeURIComponent(id) + location.search;
    }, id);
  }

  async send(where, body, done, id = this.page.id) {
    if (this.busy) return;
    this.busy = true;
    this.form.ariaBusy = 'true';
    const answer = await post('/p/' + encodeURIComponent(id) + '/' + where + location.search, body);
    if (answer.ok) {
      const next = done(answer.body);
      await this.changed();
      if (next !== undefined && !this.found.step(1, 'open')) this.over(next);
    } else {
      say(answer.body.message ?? t('js.no-answer'), true);
      if (answer.body.error === 'stale') document.body.classList.add('stale');
      if (answer.body.error === 'newer') await this.changed();
    }
    this.busy = false;
    this.form.ariaBusy = 'false';
    this.aim();
  }

  // over leads on, unless something is left that only a decision on the whole page settles.
  over(next) {
    if (this.page.standing.state !== 'open') { this.next(next); return; }
    this.found.choose(-1);
    say(t('js.whole-is-left'));
  }

  // claim keeps the page this reviewer's while they look at it.
  async claim() {
    const ask = async () => {
      if (document.visibilityState !== 'visible') return;
      const answer = await post(this.address + '/claim', {});
      const held = document.getElementById('held');
      held.hidden = answer.ok || answer.body.error !== 'claimed';
      held.textContent = answer.ok ? '' : answer.body.message;
      this.mine = answer.ok;
    };
    addEventListener('pagehide', () => {
      if (this.mine) post(this.address + '/release', {}, { keepalive: true });
    });
    addEventListener('pageshow', (e) => { if (e.persisted) ask(); });
    document.addEventListener('visibilitychange', ask);
    setInterval(ask, renewal);
    await ask();
  }
}

// What was decided last is known on the next page, too.
const last = 'desk-last';
function remember(what) {
  if (what) sessionStorage.setItem(last, JSON.stringify(what));
  else sessionStorage.removeItem(last);
}
function remembered() {
  try { return JSON.parse(sessionStorage.getItem(last)) ?? undefined; } catch { return undefined; }
}
