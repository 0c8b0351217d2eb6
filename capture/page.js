// What Pageinspect does inside a page, in an isolated world of its own: the
// page can neither see these functions nor replace what they call.
(() => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
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
      for (const a of e.attributes) if (a.name.startsWith('on')) return true;
      if (getComputedStyle(e).contentVisibility === 'auto') return true;
    }
    return false;
  };

  globalThis.pageinspect = {
    height,

    // describe says what the page is now.
    describe: () => ({
      title: document.title, url: location.href, lively: lively(),
      missing: [...document.images].filter(i => i.currentSrc && (!i.complete || !i.naturalWidth)).map(i => i.currentSrc),
    }),

    // walk scrolls from y down to the end, or to limit, in steps of step CSS
    // pixels with two animation frames each, so that every lazy image comes
    // near the viewport once. It returns after at most ms milliseconds, and
    // says where it got to and how tall the page is now.
    async walk(y, step, limit, ms) {
      const end = performance.now() + ms;
      for (;;) {
        scrollTo({top: y, behavior: 'instant'});
        await frame(); await frame();
        const bottom = Math.min(height(), limit);
        if (y + innerHeight >= bottom || performance.now() > end) {
          return {y, height: height(), done: y + innerHeight >= bottom, scripts: document.scripts.length > 0};
        }
        y += step;
      }
    },

    // rest goes back to the top, brings motion to its end, and describes the page.
    async rest() {
      for (const a of document.getAnimations ? document.getAnimations() : []) {
        try { a.finish(); } catch { a.cancel(); } // an endless one has no end to go to
      }
      for (const v of document.querySelectorAll('video,audio')) v.pause();
      for (const s of document.querySelectorAll('svg')) s.pauseAnimations();
      await Promise.race([document.fonts.ready, new Promise(done => setTimeout(done, 3000))]);
      if (lively()) {
        scrollTo({top: 0, left: 0, behavior: 'instant'});
        await frame(); await frame();
      }
      return pageinspect.describe();
    },

    // click clicks the elements that match, each once, and says how many there were.
    async click(selector) {
      const found = [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length);
      for (const e of found) { e.scrollIntoView({block: 'center', behavior: 'instant'}); e.click(); await frame(); }
      return found.length;
    },

    // hide hides the elements that match and says how many there were.
    hide(selector) {
      const found = [...document.querySelectorAll(selector)];
      for (const e of found) e.style.setProperty('display', 'none', 'important');
      return found.length;
    },

    // has says whether an element matches and is shown.
    has(selector) { const e = document.querySelector(selector); return !!e && e.getClientRects().length > 0; },

    // find returns the box of the first element that matches, in page coordinates.
    find(selector) { const e = document.querySelector(selector); return e ? box(e) : null; },
  };
  return pageinspect.describe();
})()
