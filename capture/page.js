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

    // scroll scrolls to y and waits until the frames then in the window are painted.
    async scroll(y) {
      scrollTo({top: y, left: 0, behavior: 'instant'});
      await frame(); await frame();
    },

    // pin puts what is fixed to the window, or sticks to its edge, on the page
    // at the place where it is shown now.
    pin() {
      for (const e of document.querySelectorAll('*')) {
        const style = getComputedStyle(e), fixed = style.position === 'fixed';
        if (!fixed && style.position !== 'sticky') continue;
        const set = (name, value) => e.style.setProperty(name, value, 'important');
        const was = e.getBoundingClientRect(), {width, height} = style;
        set('transition', 'none');
        set('position', fixed ? 'absolute' : 'relative');
        set('inset', 'auto');
        if (fixed) { set('width', width); set('height', height); set('top', '0px'); set('left', '0px'); }
        const is = e.getBoundingClientRect();
        set('top', was.top - is.top + 'px');
        set('left', was.left - is.left + 'px');
      }
    },

    // texts lists what the document and its frames of the same site show as
    // text, line by line with boxes in page coordinates, up to about most
    // bytes of JSON; whole says that nothing was left out.
    texts(most) {
      const texts = [], range = document.createRange();
      const visit = (root, dx, dy) => {
        const walker = (root.ownerDocument || root).createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        for (let n = walker.nextNode(); n; n = walker.nextNode()) {
          if (n.nodeType === Node.ELEMENT_NODE) {
            if (n.shadowRoot && !visit(n.shadowRoot, dx, dy)) return false;
            if (n.localName === 'iframe') {
              let inside = null;
              try { inside = n.contentDocument; } catch { /* of another site */ }
              const b = n.getBoundingClientRect();
              if (inside && b.width && !visit(inside, dx + b.left + n.clientLeft, dy + b.top + n.clientTop)) return false;
            }
            continue;
          }
          const data = n.data, parent = n.parentElement || n.parentNode.host;
          if (!/\S/.test(data) || !parent || !parent.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
          for (let i = 0; i < data.length;) {
            range.setStart(n, i);
            const to = end => { range.setEnd(n, end); return range.getBoundingClientRect(); };
            let rects, end = data.length, b = to(end);
            if ((rects = range.getClientRects()).length > 1 && b.height > rects[0].height * 1.5) { // more than a line: where does the first one end?
              let low = i + 1, high = end;
              while (low < high) {
                const middle = (low + high + 1) >> 1;
                if (to(middle).height > rects[0].height * 1.5) high = middle - 1; else low = middle;
              }
              b = to(end = low);
            }
            const text = data.slice(i, end).replace(/\s+/g, ' ').trim();
            if (text && b.width && b.height) {
              if ((most -= 3 * text.length + 90) < 0) return false;
              texts.push({text, box: {x: b.left + dx, y: b.top + dy, w: b.width, h: b.height}});
            }
            i = end;
          }
        }
        return true;
      };
      const whole = visit(document, scrollX, scrollY);
      return {texts, whole};
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
