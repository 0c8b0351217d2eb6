// Keys of the desk. They are known by where they lie (e.code), for with a Korean input
// method e.key is a jamo: ㅓ for j.
import { t } from './text.js';

const bound = [];

// keys binds each {code, shift, run, shows, says, repeat}: run(e) when the key is pressed
// alone. shows is what is printed on it and says the key of its text in the help;
// without them it is not listed. A key held down runs once, unless repeat is set. While when
// (optional) is false none of them does anything.
export function keys(list, when = () => true) {
  for (const k of list) bound.push({ when, ...k });
}

// typing says whether a key is meant for a field and not for the desk.
const typing = (el) => el.isContentEditable || /^(TEXTAREA|SELECT)$/.test(el.tagName) ||
  el.tagName === 'INPUT' && !/^(checkbox|radio|button|submit)$/.test(el.type);

addEventListener('keydown', (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.keyCode === 229) return;
  if (typing(e.target)) return;
  const k = bound.find((k) => k.code === e.code && (k.shift === undefined || k.shift === e.shiftKey) && k.when(e));
  if (!k) return;
  // Enter and the space bar are first of all what they are for the thing in focus.
  if ((e.code === 'Enter' || e.code === 'Space') && e.target.closest('a, button, summary, input')) return;
  if (e.repeat && !k.repeat) { e.preventDefault(); return; }
  if (k.run(e) !== false) e.preventDefault();
});

const noDialog = () => !document.querySelector('dialog[open]');

const help = document.getElementById('help');

// showHelp lists the keys that the page has.
export function showHelp() {
  const list = help.querySelector('dl');
  list.replaceChildren();
  const seen = new Set();
  for (const k of bound) {
    if (!k.shows || seen.has(k.says)) continue;
    seen.add(k.says);
    const dt = document.createElement('dt');
    for (const same of bound.filter((b) => b.says === k.says)) {
      const kbd = document.createElement('kbd');
      kbd.textContent = same.shows;
      dt.append(kbd, ' ');
    }
    const dd = document.createElement('dd');
    dd.textContent = t(k.says);
    list.append(dt, dd);
  }
  help.showModal();
}

// g, then a letter, goes somewhere.
let going = 0;
export const go = (code, shows, says, address) => keys([{ code, shows, says, run: () => { location.href = address; } }],
  () => noDialog() && performance.now() - going < 1500);

go('KeyL', 'g l', 'js.key.list', '/');
keys([
  { code: 'KeyG', run: () => { going = performance.now(); } },
  { code: 'Slash', shift: true, shows: '?', says: 'js.key.help', run: showHelp },
], noDialog);
keys([{ code: 'Slash', shift: true, run: () => help.close() }], () => help.open);

export { noDialog };
