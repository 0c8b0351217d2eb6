package recognize

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
)

// found is what was found in a picture, or why it could not be looked at.
type found struct {
	codes.Found
	err error
}

// lookAtTiles looks for QR codes and barcodes in the tiles, and at their edges.
func (j *Job) lookAtTiles(ctx context.Context) error {
	if j.Codes == nil {
		return nil
	}
	first := map[string]int{} // the tile that a picture was first seen as
	j.founds = make([]found, len(j.pictures))
	looks, ctx := errgroup.WithContext(ctx)
	looks.SetLimit(storeCallsAtOnce)
	for i, p := range j.pictures {
		if _, seen := first[p.SHA256]; seen && p.SHA256 != "" {
			continue
		}
		first[p.SHA256] = i
		looks.Go(func() error {
			uri, err := store.ParseURI(p.URI)
			if err == nil {
				j.founds[i].Found, err = j.Codes.Read(ctx, codes.Picture{URI: uri, SHA256: p.SHA256, Generation: p.Generation}, picture.MaxBytes)
			}
			if fault.KindOf(err) != fault.Invalid {
				return err
			}
			j.founds[i].err = err
			return nil
		})
	}
	if err := looks.Wait(); err != nil {
		return err
	}
	for i, p := range j.pictures {
		if p.SHA256 != "" {
			j.founds[i] = j.founds[first[p.SHA256]]
		}
	}
	return nil
}

// placeCodes puts the codes where they stand on the page. A tile that cannot be
// decoded here is told: what is in it may be a code; and so is a code that
// cannot be read.
func (j *Job) placeCodes() {
	for i, f := range j.founds {
		j.addCodes(i, f.Found, f.err)
	}
	for _, c := range j.across {
		c.Tile = max(0, slices.IndexFunc(j.manifest.Tiles, func(t page.Tile) bool {
			return t.Y <= int(c.Box.Y) && int(c.Box.Y) < t.Bottom() && t.X <= int(c.Box.X) && int(c.Box.X) < t.X+t.Width
		}))
		j.addCode(c)
	}
	j.uncoded = slices.DeleteFunc(j.uncoded, func(u page.Unseen) bool { // what one picture shows in part, another shows whole
		return u.Why == whyUnreadCode && slices.ContainsFunc(j.result.Codes, func(c result.Code) bool { return c.Box.Overlaps(u.Box) })
	})
	slices.SortStableFunc(j.result.Codes, func(a, b result.Code) int {
		return cmp.Or(cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.Box.X, b.Box.X))
	})
}

// addCodes puts what was found in a tile where it stands on the page.
func (j *Job) addCodes(i int, f codes.Found, failed error) {
	t := j.manifest.Tiles[i]
	if failed != nil {
		j.uncoded = append(j.uncoded, page.Unseen{
			Kind: page.Unread, Box: page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)},
			Why: page.Cut("it could not be searched for QR codes and barcodes: "+failed.Error(), page.MaxNoteBytes), Source: t.Object,
		})
	}
	for _, c := range f.Codes {
		j.addCode(result.Code{Text: c.Text, Format: c.Format, Box: onPage(t, f, c.Box), Tile: i})
	}
	for _, box := range f.Unread {
		j.unreadCode(onPage(t, f, box), t.Object)
	}
}

// addCode lists a code. What two pictures show is there once.
func (j *Job) addCode(c result.Code) {
	twice := func(o result.Code) bool { return o.Text == c.Text && o.Box.Overlaps(c.Box) }
	if !slices.ContainsFunc(j.result.Codes, twice) {
		j.result.Codes = append(j.result.Codes, c)
	}
}

// addCodeLines makes each code a line of its own, which the rules read like any
// other: its text is nobody's reading, and so as sure as can be.
func (j *Job) addCodeLines(context.Context) error {
	j.placeCodes()
	block := 0
	for _, l := range j.result.Lines {
		block = max(block, l.Block+1)
	}
	for _, c := range j.result.Codes {
		line := result.Line{Text: strings.Join(strings.Fields(c.Text), " "), Box: c.Box, Confidence: 1, Block: block, Source: result.InCode}
		if line.Text == "" {
			continue
		}
		for word := range strings.FieldsSeq(c.Text) {
			line.Words = append(line.Words, result.Word{Text: word, Box: c.Box, Confidence: 1, Space: true})
		}
		line.Words[len(line.Words)-1].Space = false
		j.result.Lines = append(j.result.Lines, line)
		block++
	}
	j.manifest.Unseen = append(j.manifest.Unseen, j.uncoded...)
	return nil
}
