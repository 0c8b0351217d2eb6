// What brings the page to rest, and holds in place what moves with the window.
Object.assign(pageinspect, {
  // rest goes back to the top and describes the page.
  async rest() {
    for (const v of document.querySelectorAll('video,audio')) v.pause();
    for (const s of document.querySelectorAll('svg')) s.pauseAnimations();
    if (lively()) {
      scrollTo({top: 0, left: 0, behavior: 'instant'});
      await frame(); await frame();
    }
    return pageinspect.describe();
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
});
