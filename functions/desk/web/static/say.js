// How scripts ask the desk, and tell the reader what came of it.
import { t } from './text.js';

const said = document.getElementById('said');
let until;

// say shows a sentence for a while, and has it read aloud.
export function say(sentence, bad = false) {
  said.classList.toggle('bad', bad);
  said.textContent = sentence;
  clearTimeout(until);
  until = setTimeout(() => { said.textContent = ''; }, bad ? 9000 : 5000);
}

// post sends JSON and returns {ok, status, body}; without an answer, status is 0 and
// body.message says so. It never throws.
export async function post(address, what, options = {}) {
  try {
    const r = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what), ...options });
    const body = r.status === 204 ? {} : await r.json();
    return { ok: r.ok, status: r.status, body };
  } catch {
    return { ok: false, status: 0, body: { error: 'no-answer', message: t('js.no-answer') } };
  }
}
