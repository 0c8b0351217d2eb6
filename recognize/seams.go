package recognize

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"math"
	"path"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/store"
)

const (
	// seamRows is how much of each neighbour a seam shows, in CSS pixels: as much
	// as Capture has tiles overlap by, and so taller than the text that crosses.
	seamRows = 256
	// calmRows is how many rows together, on both sides of a cut and in CSS
	// pixels, say that nothing crosses it. Only the gaps within a letter of
	// more than 100 px are as high.
	calmRows = 16
	// endRows is how many rows together, at one side of a cut, say that what
	// crosses it has ended. A seam ends three quarters into them, so that a word
	// that a tile cuts and one that is below it are told apart for sure.
	endRows = 32
	// seamQuality is that of a tile cut from a picture (picture.Cut).
	seamQuality = 95
)

// addSeams puts a tile over each cut at which something may cross from one tile
// into the next that it does not overlap with. Capture cuts where the page says
// that a picture ends and another begins, and sellers slice one design into
// several: only the pixels tell. The merge takes a seam for any other tile.
func (j *Job) addSeams(ctx context.Context) error {
	if j.Codes == nil || j.image {
		return nil
	}
	tiles, pictures, founds := j.manifest.Tiles, j.pictures, j.founds
	j.manifest.Tiles, j.pictures, j.founds = nil, nil, nil
	add := func(t page.Tile, p annotate.Picture, f found) {
		j.manifest.Tiles, j.pictures, j.founds = append(j.manifest.Tiles, t), append(j.pictures, p), append(j.founds, f)
	}
	for _, s := range seams(tiles, func(i int) bool { return j.crossed(tiles[i], tiles[i+1], founds[i], founds[i+1]) }) {
		if !s.seam {
			add(tiles[s.first], pictures[s.first], founds[s.first])
			continue
		}
		t, p, f, err := j.makeSeam(ctx, s, tiles, pictures)
		if err != nil {
			return err
		}
		add(t, p, f)
	}
	return nil
}

// crossed says whether something may go across the cut between two tiles. What
// has another size than the manifest says fits into no seam, and a manifest that
// lies has none made of a size of its own choice.
func (j *Job) crossed(a, b page.Tile, over, under found) bool {
	if a.Bottom() != b.Y || a.X != b.X || a.Width != b.Width || a.Extra != b.Extra || over.err != nil || under.err != nil ||
		!j.asLarge(a, over) || !j.asLarge(b, under) {
		return false
	}
	return float64(over.CalmBottom+under.CalmTop) < calmRows*j.manifest.Scale
}

// asLarge says whether a tile's picture has the pixels that the manifest says.
func (j *Job) asLarge(t page.Tile, f found) bool {
	same := func(css, px int) bool { return math.Abs(float64(css)*j.manifest.Scale-float64(px)) <= 1 }
	return same(t.Width, f.Width) && same(t.Height, f.Height)
}

// span is what one tile of the merge shows: a tile as it is; or, as a seam, the
// end of the first, all that lies between, and the beginning of the last.
type span struct {
	first, last int // indexes of tiles
	seam        bool
	from, to    int // rows of the page, CSS pixels
}

// seams says which tiles there are for the merge, once there is a seam over each
// cut that is crossed: crossed(i) is whether the one between i and i+1 is. A tile
// that is lower than a seam's part of it is shown whole by the seam, and is
// dropped: what crosses it from end to end is seen whole then.
func seams(tiles []page.Tile, crossed func(i int) bool) []span {
	cut := func(i int) bool { return i >= 0 && i+1 < len(tiles) && crossed(i) }
	low := func(i int) bool { return tiles[i].Height < seamRows && (cut(i-1) || cut(i)) }
	var out []span
	for i := 0; i < len(tiles); {
		if !low(i) {
			out = append(out, span{first: i, last: i, from: tiles[i].Y, to: tiles[i].Bottom()})
		}
		if !cut(i) {
			i++
			continue
		}
		last := i + 1
		for low(last) && cut(last) && tiles[last].Bottom()-tiles[i].Bottom() < sheetRows {
			last++
		}
		s := span{first: i, last: last, seam: true, from: tiles[i].Y, to: tiles[last].Bottom()}
		if !low(i) {
			s.from = tiles[i].Bottom() - seamRows
		}
		if !low(last) {
			s.to = tiles[last].Y + seamRows
		}
		out = append(out, s)
		if i = last; low(last) && !cut(last) {
			i++
		}
	}
	return out
}

// makeSeam draws a seam of the tiles it lies over, and looks for codes in it.
func (j *Job) makeSeam(ctx context.Context, s span, tiles []page.Tile, pictures []annotate.Picture) (t page.Tile, p annotate.Picture, f found, err error) {
	if err := j.Codes.AtOnce.Acquire(ctx, 1); err != nil {
		return t, p, f, err
	}
	defer j.Codes.AtOnce.Release(1)
	first := tiles[s.first]
	row := func(y int) int { return int(math.Round(float64(y-s.from) * j.manifest.Scale)) }
	img := image.NewRGBA(image.Rect(0, 0, int(math.Round(float64(first.Width)*j.manifest.Scale)), row(s.to)))
	for i := s.first; i <= s.last; i++ {
		tile, err := j.decode(ctx, pictures[i])
		if err != nil {
			return t, p, f, err
		}
		at := image.Pt(0, row(tiles[i].Y))
		draw.Draw(img, tile.Bounds().Sub(tile.Bounds().Min).Add(at), tile, tile.Bounds().Min, draw.Src)
	}
	s, img = j.trim(s, tiles, img)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: seamQuality}); err != nil {
		return t, p, f, fault.Wrap(fault.Internal, err, "encode a seam")
	}
	uri := j.beside(first, fmt.Sprintf("seam-%d.jpg", s.from))
	t = tileOf(uri, picture.Band{Y: s.from, Width: first.Width, Height: s.to - s.from, Extra: first.Extra}, "image/jpeg", out.Bytes())
	t.X, t.Seam = first.X, true
	attrs, err := j.Store.Put(ctx, uri, t.MediaType, out.Bytes(), map[string]string{shaKey: t.SHA256})
	if err != nil {
		return t, p, f, fault.Wrap(fault.Transient, err, "upload a seam")
	}
	p = annotate.Picture{URI: t.Object, SHA256: t.SHA256, Generation: attrs.Generation}
	f.Found, err = codes.Find(ctx, img)
	return t, p, f, err
}

// trim takes off a seam what no more belongs to what crosses: it ends
// where nothing begins or ends for a while.
func (j *Job) trim(s span, tiles []page.Tile, img *image.RGBA) (span, *image.RGBA) {
	scale, still := j.manifest.Scale, picture.Still(img)
	row := func(y int) int { return int(math.Round(float64(y-s.from) * scale)) }
	from, to := s.from, s.to
	if cut := tiles[s.first].Bottom(); s.from > tiles[s.first].Y {
		from += int(math.Ceil(float64(calmBefore(row(cut), 0, int(endRows*scale), still)) / scale))
	}
	if cut := tiles[s.last].Y; s.to < tiles[s.last].Bottom() {
		to = s.from + int(float64(calmAfter(row(cut), img.Rect.Max.Y, int(endRows*scale), still))/scale)
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx(), row(to)-row(from)))
	draw.Draw(out, out.Rect, img, image.Pt(0, row(from)), draw.Src)
	s.from, s.to = from, to
	return s, out
}

// calmBefore is three quarters into the nearest n still rows above a cut, but not above least.
func calmBefore(cut, least, n int, still func(y int) bool) int {
	run := 0
	for y := cut - 1; y > least; y-- {
		if run++; !still(y) {
			run = 0
		}
		if run == n {
			return y + n/4
		}
	}
	return least
}

// calmAfter is that below a cut, but not below most.
func calmAfter(cut, most, n int, still func(y int) bool) int {
	run := 0
	for y := cut + 1; y < most; y++ {
		if run++; !still(y) {
			run = 0
		}
		if run == n {
			return y - n/4
		}
	}
	return most
}

// decode reads a tile and decodes it.
func (j *Job) decode(ctx context.Context, p annotate.Picture) (image.Image, error) {
	uri, err := store.ParseURI(p.URI)
	if err != nil {
		return nil, err
	}
	b, attrs, err := j.Store.Read(ctx, uri, picture.MaxBytes)
	if err != nil {
		return nil, fault.Wrap(fault.Transient, err, "read %s", p.URI)
	}
	if attrs.Generation != p.Generation && p.SHA256 != "" {
		return nil, fault.New(fault.Transient, "generation %d took the place of %d of %s while it was read", attrs.Generation, p.Generation, p.URI)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	return img, fault.Wrap(fault.Invalid, err, "decode %s", p.URI)
}

// beside is the name of an object in the folder of a tile's.
func (j *Job) beside(t page.Tile, name string) store.URI {
	uri, err := store.ParseURI(t.Object)
	if err != nil {
		panic(err) // checkTiles parsed it
	}
	return store.URI{Bucket: j.Screenshots, Object: path.Join(path.Dir(uri.Object), name)}
}
