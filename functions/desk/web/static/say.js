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

// stream is post for an answer of a line of JSON at a time, each of which line(…) gets.
export async function stream(address, what, line) {
  try {
    const r = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what) });
    if (!r.ok) return { ok: false, status: r.status, body: await r.json() };
    let rest = '';
    for await (const text of chunks(r.body.pipeThrough(new TextDecoderStream()))) {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const l of lines) line(JSON.parse(l));
    }
    return { ok: true, status: r.status, body: {} };
  } catch {
    return { ok: false, status: 0, body: { error: 'no-answer', message: t('js.no-answer') } };
  }
}

async function* chunks(readable) { // a ReadableStream is not iterable everywhere
  const reader = readable.getReader();
  for (let c; !(c = await reader.read()).done;) yield c.value;
}

// part fetches a part of a page as a document. It is no string that becomes markup:
// the browser reads it as it reads a page.
export function part(address) {
  return new Promise((resolve) => {
    const x = new XMLHttpRequest();
    x.open('GET', address);
    x.setRequestHeader('Accept', 'text/html');
    x.responseType = 'document';
    x.onloadend = () => resolve(x.status === 200 ? x.response : null);
    x.send();
  });
}
