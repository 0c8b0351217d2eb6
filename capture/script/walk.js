// Going down the page, as a shopper does.
Object.assign(pageinspect, {
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

  // scroll scrolls to y and waits until the frames then in the window are painted.
  async scroll(y) {
    scrollTo({top: y, left: 0, behavior: 'instant'});
    await frame(); await frame();
  },
});
