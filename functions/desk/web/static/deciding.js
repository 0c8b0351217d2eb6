// What a reviewer decides on a page, and who has it.
import { decide, hold, undo } from './decide.js';
import { keys, noDialog } from './keys.js';
import { say } from './say.js';
import { t } from './text.js';

const reasons = ['misread', 'lawful', 'proof', 'rule-wrong', 'clean'];

export class Deciding {
  // form is the part of the page with the buttons; found its findings; filter the list's
  // query; changed() draws the page anew, next() leads on when nothing on it is open.
  constructor(form, page, found, filter, { changed, next, stale }) {
    Object.assign(this, { form, page, found, filter, changed, next, stale, busy: false });
    form.addEventListener('submit', (e) => e.preventDefault());
    form.addEventListener('click', (e) => {
      const b = e.target.closest('button[data-do]');
      if (b) this.do(b.dataset.do, e.shiftKey);
    });
    form.whole.addEventListener('change', () => this.aim());
    form.addEventListener('keydown', (e) => { if (e.key === 'Escape') e.target.blur(); });
    this.bind();
    hold(page.id, (claim) => {
      const held = document.getElementById('held');
      held.hidden = !claim;
      held.textContent = claim ? t('js.held', { who: claim.by }) : '';
    });
  }

  bind() {
    const act = (code, letter, what) => [
      { code, shift: false, shows: letter, says: 'js.key.' + what, run: () => this.do(what) },
      { code, shift: true, shows: '⇧' + letter, says: 'js.key.whole', run: () => this.do(what, true) },
    ];
    keys([...act('KeyC', 'c', 'confirm'), ...act('KeyD', 'd', 'dismiss'), ...act('KeyE', 'e', 'escalate'),
      { code: 'KeyU', shift: false, shows: 'u', says: 'js.key.undo', run: () => this.undo() },
      { code: 'KeyW', shift: false, shows: 'w', says: 'js.key.words', run: () => {
        this.form.querySelector('details').open = true;
        this.form.words.focus();
      } },
    ], noDialog);
    keys([
      ...reasons.map((reason, i) => ({ code: 'Digit' + (i + 1), shift: false, shows: String(i + 1), says: 'js.key.reason', run: () => this.do(reason) })),
      { code: 'Escape', run: () => this.ask(false) },
    ], () => noDialog() && this.asking);
  }

  // aim says what the next decision is about: the current finding, or the whole page.
  aim() {
    const { form, whole } = this, f = this.page.findings[this.found.current];
    this.ask(false);
    form.querySelector('.aim').textContent = whole ? t('js.aim.whole') : t('js.finding', { n: f.n + 1 });
    form.whole.disabled = !f;
    form.policy.placeholder = whole ? t('js.policy') : f.rule;
    const each = form.querySelector('.each'), showing = whole ? 0 : f.showing ?? 0;
    each.hidden = showing < 2;
    if (showing < 2) form.picture.checked = false;
    each.querySelector('span').textContent = t('js.each', { n: showing });
    form.querySelector('[data-do="clean"]').hidden = !whole;
  }

  // whole says that the decision is about all of the page.
  get whole() { return this.form.whole.checked || !this.page.findings[this.found.current]; }

  // ask shows the reasons why something is no violation.
  ask(asking) {
    this.asking = asking;
    this.form.classList.toggle('asking', asking);
    this.form.querySelector('.reasons').hidden = !asking;
    this.form.querySelector('[data-do="dismiss"]').ariaExpanded = String(asking);
  }

  do(what, whole) {
    if (whole) {
      this.form.whole.checked = true;
      this.aim();
    }
    if (what === 'dismiss') this.ask(true);
    else if (!reasons.includes(what)) this.decide({ action: what });
    else if (what === 'clean' && !this.whole) say(t('js.clean-is-whole'), true);
    else this.decide({ action: 'dismiss', reason: what });
  }

  async decide(what) {
    const { form, page, whole } = this, f = page.findings[this.found.current];
    if (this.busy) return;
    const body = { known: page.standing.known, version: page.version, words: form.words.value.trim(), picture: !whole && form.picture.checked, ...what };
    if (whole) body.whole = true; else body.findings = [f.n];
    if (what.action === 'confirm') body.policy = form.policy.value.trim() || (whole ? '' : f.rule);
    if (body.policy === '' && !page.findings.some((f) => f.counts)) {
      say(t('js.missing.policy'), true);
      form.querySelector('details').open = true;
      form.policy.focus();
      return;
    }
    await this.alone(async () => {
      const answer = await decide(page.id, body, this.filter);
      if (!answer.ok) {
        if (answer.body.error === 'newer') await this.changed();
        if (answer.body.error === 'stale') this.stale();
        return;
      }
      form.words.value = form.policy.value = '';
      form.whole.checked = false;
      await this.changed();
      if (!this.found.step(1, 'open')) this.over();
    });
  }

  // over leads on, unless something is left that only a decision on the whole page settles.
  over() {
    if (this.page.standing.state !== 'open') { this.next(); return; }
    this.found.choose(-1);
    say(t('js.whole-is-left'));
  }

  // undo takes back what was decided last in this tab, and goes where that was.
  async undo() {
    await this.alone(async () => {
      const [id] = await undo(() => { say(t('js.undo.in-list'), true); return []; });
      if (id === this.page.id) await this.changed();
      else if (id) location.href = '/p/' + encodeURIComponent(id) + (this.filter && '?' + this.filter);
    });
  }

  // alone does one thing at a time.
  async alone(what) {
    if (this.busy) return;
    this.busy = true;
    this.form.ariaBusy = 'true';
    await what();
    this.busy = false;
    this.form.ariaBusy = 'false';
    this.aim();
  }
}
