// What Pageinspect does inside a page, in an isolated world of its own: the
// page can neither see these functions nor replace what they call. The files of
// this folder are run as one function.
//
// A frame of another site has no animation frames while it is out of the window.
let framesAsked = 0; // by us
const frame = () => new Promise(done => {
  framesAsked++;
  requestAnimationFrame(done);
  if (self !== top) setTimeout(done, 50);
});
// answered waits until what was scrolled into view has been told so, and could
// answer: observers hear of it after a frame, those made last come last.
const answered = async () => {
  await frame();
  const told = new Promise(done => {
    const ours = new IntersectionObserver(() => { ours.disconnect(); done(); });
    ours.observe(document.documentElement);
  });
  const late = (async () => { for (let n = 0; n < 8; n++) await frame(); })();
  await Promise.race([told, late]);
  await frame();
};
// rootOf is an element's shadow root, a closed one too, if roots.go has found it.
const closedRoots = Object.hasOwn(globalThis, 'closedRoots') ? globalThis.closedRoots : globalThis.closedRoots = new WeakMap();
const rootOf = e => e.shadowRoot || closedRoots.get(e) || null;

// hosts are the elements that may have a closed shadow root: they take room, and
// nothing that is in them is what fills it.
const hostable = /^(article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$|-/;
const hosts = () => {
  const all = elements(), out = [];
  if (all.length > 20000) return out;
  for (const e of all) {
    if (!hostable.test(e.localName) || rootOf(e) || out.length >= 100) continue;
    const own = e.localName.includes('-');
    if (!own && (e.firstElementChild ? e.firstElementChild.getClientRects().length : /\S/.test(e.textContent))) continue;
    const b = e.getBoundingClientRect();
    if (b.width * b.height >= matter.area && getComputedStyle(e).backgroundImage === 'none') out.push(e);
  }
  return out;
};

const root = () => document.scrollingElement || document.documentElement;
const height = () => Math.max(root().scrollHeight, document.body ? document.body.scrollHeight : 0);
const box = element => {
  const b = element.getBoundingClientRect();
  return {x: b.left + scrollX, y: b.top + scrollY, w: b.width, h: b.height};
};

// lively says whether anything in the page can change by itself or when it
// is scrolled. When that would take long to find out, it is taken to be so.
const lively = () => {
  if (document.scripts.length || (document.getAnimations && document.getAnimations().length)) return true;
  if (document.querySelector('[loading=lazy],iframe,frame,object,embed,video,audio,marquee,animate,animateMotion,animateTransform,set,meta[http-equiv=refresh i]')) return true;
  const all = document.getElementsByTagName('*');
  if (all.length > 20000) return true;
  for (const e of all) {
    if (rootOf(e)) return true;
    for (const a of e.attributes) if (a.name.startsWith('on')) return true;
    if (getComputedStyle(e).contentVisibility === 'auto') return true;
  }
  return false;
};

globalThis.pageinspect = {
  height,
  // describe says what the page is now.
  describe: () => ({
    title: document.title, url: location.href, lively: lively(), hosts: hosts().length, elements: document.getElementsByTagName('*').length,
    missing: [...document.images].filter(i => i.currentSrc && (!i.complete || !i.naturalWidth)).map(i => i.currentSrc),
  }),

  // hosts and know are roots.go's: who may have a closed shadow root, and that it is one.
  hosts,
  know(root) { closedRoots.set(root.host, root); },

  // has says whether an element matches and is shown.
  has(selector) { const e = document.querySelector(selector); return !!e && e.getClientRects().length > 0; },

  // find returns the box of the first element that matches, in page coordinates.
  find(selector) { const e = document.querySelector(selector); return e ? box(e) : null; },
};
