// Where the page may be cut into tiles: rows that nothing crosses.

// pieceHeight is from how high a picture is a tile of its own, and pieceWidth how
// much of the page's width it takes then. Lower ones go together: each tile costs a drawing.
const pieceHeight = 512, pieceWidth = 1 / 3;
// gapHeight is how far two lines must lie apart for a cut between them, and
// sliceHeight how high a picture must be for a cut right at its edge.
const gapHeight = 32, sliceHeight = 64;

// hashOf is FNV-1a of a text, 32 bits.
const hashOf = text => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

Object.assign(pageinspect, {
  // rows lists the rows at which the page may be cut, top to bottom. Piece says
  // that a large picture begins or ends there. Rank is of what comes next: it
  // is the same wherever that stands, and so is the choice of the highest.
  rows() {
    const seen = [];
    for (const item of now().items) {
      const b = seenOf(item);
      if (b.y1 - b.y0 < 1 || b.x1 - b.x0 < 1) continue;
      const y0 = Math.round(b.y0), y1 = Math.max(y0 + 1, Math.round(b.y1)), picture = item.kind === 'picture';
      seen.push({y0, y1, picture, large: picture && y1 - y0 >= pieceHeight && b.x1 - b.x0 >= innerWidth * pieceWidth, item});
    }
    seen.sort((a, b) => a.y0 - b.y0 || a.y1 - b.y1);
    const out = [];
    let bottom = -Infinity, last = null; // how far down all that came reaches, and what reaches so far
    for (const s of seen) {
      if (last && s.y0 >= bottom) {
        const gap = s.y0 - bottom, rank = hashOf(`${s.item.kind} ${s.item.key} ${Math.round(s.item.x0)} ${s.y1 - s.y0}`);
        const near = s.picture && s.y1 - s.y0 >= sliceHeight || last.picture && last.y1 - last.y0 >= sliceHeight;
        if (last.large && (gap >= 2 * gapHeight || !s.large)) out.push({y: bottom, rank, piece: true});
        if (s.large) out.push({y: s.y0, rank, piece: true});
        else if (gap >= gapHeight) out.push({y: s.y0 - gapHeight / 2, rank, piece: false});
        else if (near && !last.large) out.push({y: s.y0, rank, piece: false});
      } else if (!last && s.large) {
        out.push({y: s.y0, rank: 0, piece: true});
      }
      if (s.y1 > bottom) { bottom = s.y1; last = s; }
      else if (s.y1 === bottom && s.large) last = s;
    }
    if (last && last.large) out.push({y: bottom, rank: 0, piece: true});
    return out;
  },
});
