// What brings the page to rest, and holds in place what moves with the window.

// pinned is the rule that pins what an element shows before or after what is in
// it, if that is fixed. Such a box has no place of its own that could be asked
// for, but its offsets from the window can.
const pinned = (e, pseudo, n) => {
  const style = getComputedStyle(e, pseudo);
  if (style.position !== 'fixed' || style.content === 'none') return null;
  let around = e; // what absolute offsets count from
  while (around && getComputedStyle(around).position === 'static' && getComputedStyle(around).transform === 'none') around = flatParent(around);
  const b = around && around !== document.documentElement ? around.getBoundingClientRect() : {left: -scrollX, top: -scrollY};
  const x = parseFloat(style.left) - b.left - (around ? around.clientLeft : 0), y = parseFloat(style.top) - b.top - (around ? around.clientTop : 0);
  e.setAttribute('data-pageinspect-pin', n);
  return `[data-pageinspect-pin="${n}"]${pseudo}{position:absolute!important;inset:auto!important;left:${x}px!important;top:${y}px!important;width:${style.width}!important;height:${style.height}!important}`;
};

Object.assign(pageinspect, {
  // rest goes back to the top and describes the page.
  async rest() {
    for (const v of document.querySelectorAll('video,audio')) v.pause();
    for (const s of document.querySelectorAll('svg')) s.pauseAnimations();
    if (lively()) {
      scrollTo({top: 0, left: 0, behavior: 'instant'});
      await answered();
      hurry();
      look();
      await watchVideos();
      stageShots();
    }
    return pageinspect.describe();
  },

  // pin puts what is fixed to the window, or sticks to its edge, on the page
  // at the place where it is shown now.
  pin() {
    const rules = [];
    for (const e of elements()) {
      if (e.ownerDocument !== document) continue; // the window of a frame is not scrolled
      for (const pseudo of ['::before', '::after']) {
        const rule = pinned(e, pseudo, rules.length);
        if (rule) rules.push(rule);
      }
      const style = getComputedStyle(e), fixed = style.position === 'fixed';
      if (!fixed && style.position !== 'sticky') continue;
      const was = e.getBoundingClientRect(), {width, height} = style;
      set(e, {transition: 'none', position: fixed ? 'absolute' : 'relative', inset: 'auto'});
      if (fixed) set(e, {width, height, top: '0px', left: '0px'});
      const is = e.getBoundingClientRect();
      set(e, {top: was.top - is.top + 'px', left: was.left - is.left + 'px'});
    }
    if (rules.length) everyone(rules.join(''));
  },
});
