// What matters: the one place that decides which parts of a page would have
// been worth seeing. What does not matter is left out of every list of what was
// not seen; SEEN.md says the same in words. Lengths are CSS pixels.
const matter = {
  letters: 20, // of text that is hidden by one thing: a short sentence; less is a label, a counter or a spinner's "loading"
  area: 10000, // of pictures, 100x100: more than a tracker, an icon, a sprite or a thumbnail's rounded corner
  closed: 40, // letters of what only a click opens, since a closed thing hides nothing from one who scrolls
  line: 60, // a box no higher than this shows a line: a ticker, an ellipsis, a roller of headlines
  crop: 0.35, // a picture that fills its box may lose this share of itself, as with object-fit: cover
  cropEdge: 200, // but no more than this on one side
  pane: 0.25, // of the window: a smaller thing that is fixed to it is a bubble, a toast or a drawer
  far: 3000, // text this far left of or above its box is an image replacement (text-indent: -9999px)
  layer: 100, // a z-index from which an absolute element is a layer over the page
  clear: 0.1, // an opacity below this shows nothing
};

// enough says whether this much text and picture is worth a person's look.
const enough = (letters, area, most = 1) => letters >= matter.letters * most || area >= matter.area * most;

// aside says whether an element belongs to what opens over the page when it is asked for.
const menus = 'nav,menu,[role=navigation],[role=menu],[role=menubar],[role=listbox],[role=tooltip],[role=combobox],[role=search],datalist,marquee';
const aside = e => {
  for (; e; e = flatParent(e)) if (e.matches(menus)) return true;
  return false;
};

// clippedMatters says whether what an element cuts off would be missed. The
// group has the clip that cuts, the letters and the area cut off, and whether
// it is anything that stands in the flow of the page.
const clippedMatters = g => {
  const {clip} = g, w = clip.x1 - clip.x0, h = clip.y1 - clip.y0;
  if (!clip.e) { // the window, or a frame's
    if (g.fixed && !clip.owner && self === top && g.fixed !== document.body) {
      const b = g.fixed.getBoundingClientRect();
      if (areaOf(within({x0: b.left, y0: b.top, x1: b.right, y1: b.bottom}, {x0: 0, y0: 0, x1: innerWidth, y1: innerHeight})) < matter.pane * innerWidth * innerHeight) return false;
    }
    return enough(g.letters, g.area);
  }
  const style = getComputedStyle(clip.e);
  if (aside(clip.e)) return false;
  if (clip.fixed && w * h < matter.pane * innerWidth * innerHeight) return false;
  if (style.textOverflow === 'ellipsis' && style.whiteSpace.includes('nowrap')) return false; // a title, told in full on its own page
  if (clip.path) return enough(g.letters, g.area); // what is closed by one, and opens over the page, is gone
  if (h < 8 || w < 8) return !clip.out && w >= 200 && enough(g.letters, g.area, matter.closed / matter.letters); // closed
  if (clip.gone) return false; // the element itself is out of sight
  if (!clip.scrolls && h <= matter.line) return false;
  return enough(g.letters, g.area);
};

// croppedOnly says whether a picture only loses its edges, as a design has it.
const croppedOnly = (item, seen) => item.kind === 'picture' && 1 - seen.share <= matter.crop &&
  Math.max(seen.x0 - item.x0, item.x1 - seen.x1, seen.y0 - item.y0, item.y1 - seen.y1) <= matter.cropEdge;
