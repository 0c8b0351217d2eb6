// What a profile asks for.

// What the profile hid was seen before, and is not missed.
const hidden = new WeakSet();
const hiddenByUs = e => {
  for (; e; e = flatParent(e)) if (hidden.has(e)) return true;
  return false;
};

Object.assign(pageinspect, {
  // click clicks the elements that match, each once, and says how many there were.
  async click(selector) {
    const found = [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length);
    for (const e of found) { e.scrollIntoView({block: 'center', behavior: 'instant'}); e.click(); await frame(); }
    return found.length;
  },

  // hide hides the elements that match and says how many there were.
  hide(selector) {
    const found = [...document.querySelectorAll(selector)];
    for (const e of found) {
      hidden.add(e);
      e.style.setProperty('display', 'none', 'important');
    }
    return found.length;
  },
});
