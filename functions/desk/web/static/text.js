// What scripts say, in the language of the page: keys that begin with js. in text/*.json.
const texts = JSON.parse(document.getElementById('texts').textContent);

// t is the text of a key, with {name} replaced by values.name. Where a bar divides two
// forms, the first is for values.n = 1.
export function t(key, values = {}) {
  let s = texts[key] ?? key;
  const forms = s.split('|');
  if (forms.length === 2 && 'n' in values) s = forms[values.n === 1 ? 0 : 1];
  return s.replace(/\{(\w+)\}/g, (all, name) => name in values ? spell(values[name]) : all);
}

const spell = (v) => typeof v === 'number' ? v.toLocaleString('en') : String(v);
