// The addresses that lazy loaders keep in attributes of their own until a picture
// is in view. This folder's functions ask for them, and those of arrive.js.

// laterOf is the address, and the set of addresses, that an element keeps for
// later; each empty if there is none. Every loader calls its attributes otherwise,
// but by a part of their names they say what they are.
const laterOf = globalThis.laterOf = e => {
  const found = {src: '', set: ''};
  for (const {name, value} of e.attributes) {
    if (!/^(data|ec)-/.test(name) || !value || value.length > 4000) continue;
    const text = value.trim();
    if (/srcset$/.test(name)) found.set ||= text;
    else if (/thumb|zoom|large|hover|link|href|tablet|mobile|retina|2x/.test(name) || /[\s{}<>]/.test(text)) continue;
    else if (/(^|-)(src|original|lazy|lazyload|echo)(-|$)/.test(name) && /[/.]/.test(text)) found.src ||= text;
    else if (/(^|-)(url|img|image)(-|$)/.test(name) && /\.(jpe?g|png|gif|webp|avif|svg|bmp)([?#]|$)/i.test(text)) found.src ||= text;
  }
  return found;
};
