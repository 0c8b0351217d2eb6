package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Tiles is what was found of the pictures.
type Tiles struct {
	Pictures int  // all that the result was read from
	Seams    int  // of them, those that Recognize made over the cuts between others
	Manifest bool // they are those that Capture's manifest lists
}

// Decisions is what was found of the decisions.
type Decisions struct {
	Page, Pictures int
	OnThis         int // of those on the page, those that were made on this very result
	NotKept        int // of those on the page, those of which it is not known, or not kept, what was shown
}

func isTile(name string) bool { return strings.HasPrefix(name, "tiles/") }

// content holds result, pictures, manifest and decisions against each other.
func (v *Verified) content(a archive) error {
	var err error
	if v.Result, err = result.Decode(a.data[resultName]); err != nil || v.Result.Schema != result.Schema {
		return fault.New(fault.Invalid, "%s is no result of %s: %v", resultName, result.Schema, err)
	}
	return errors.Join(v.about(), v.tiles(a), v.manifest(a), v.decisions(a))
}

// about says whether the statement repeats the result rightly.
func (v *Verified) about() error {
	s, r := v.Statement, v.Result
	if s.ID != r.ID || s.URL != r.URL || s.FinalURL != r.FinalURL || s.Title != r.Title || s.Verdict != r.Verdict ||
		!s.CapturedAt.Equal(r.CapturedAt) || !s.RecognizedAt.Equal(r.RecognizedAt) || !s.ReinspectedAt.Equal(r.ReinspectedAt) {
		return fault.New(fault.Invalid, "%s is about another page or time than %s", statementName, resultName)
	}
	return nil
}

// tiles says whether the pictures are those that the result was read from.
func (v *Verified) tiles(a archive) error {
	there := map[string]string{}
	for _, f := range a.files {
		if isTile(f.Name) {
			there[f.Name] = f.SHA256
		}
	}
	for i, t := range v.Result.Tiles {
		name := tileName(v.Result, i)
		if there[name] == "" || there[name] != t.SHA256 {
			return fault.New(fault.Invalid, "%s is not the picture that the result was read from: the result says %s", name, t.SHA256)
		}
		delete(there, name)
		if t.Seam {
			v.Tiles.Seams++
		}
	}
	for name := range there {
		return fault.New(fault.Invalid, "%s is no picture of the result", name)
	}
	v.Tiles.Pictures = len(v.Result.Tiles)
	return nil
}

// manifest says whether the pictures are those that Capture made: each of the
// result's but the seams, and each of the manifest's, unless a seam shows all of it.
func (v *Verified) manifest(a archive) error {
	b, ok := a.data[manifestName]
	if !ok {
		return nil
	}
	m, err := page.Decode(b)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", manifestName)
	}
	r := v.Result
	if m.ID != r.ID || m.FinalURL != r.FinalURL || !m.CapturedAt.Equal(r.CapturedAt) {
		return fault.New(fault.Invalid, "%s is of another page or capture", manifestName)
	}
	alike := func(a, b page.Tile) bool {
		return a.Object == b.Object && a.SHA256 == b.SHA256 && a.X == b.X && a.Y == b.Y && a.Width == b.Width && a.Height == b.Height
	}
	for i, t := range r.Tiles {
		if !t.Seam && !slices.ContainsFunc(m.Tiles, func(o page.Tile) bool { return alike(t, o) }) {
			return fault.New(fault.Invalid, "%s is not in %s", tileName(r, i), manifestName)
		}
	}
	for _, t := range m.Tiles {
		if !slices.ContainsFunc(r.Tiles, func(o page.Tile) bool { return alike(t, o) || o.Seam && o.Y <= t.Y && o.Bottom() >= t.Bottom() }) {
			return fault.New(fault.Invalid, "the picture of %s from %d to %d px is not in %s", manifestName, t.Y, t.Bottom(), resultName)
		}
	}
	v.Tiles.Manifest = true
	return nil
}

// decisions says whether the decisions are about this page and its pictures, none
// is left out, and what was shown is there.
func (v *Verified) decisions(a archive) error {
	count := map[string]int{}
	shown := map[string]bool{}
	this := ""
	for _, f := range a.files {
		if f.Name == resultName {
			this = f.SHA256
		}
		if sum, ok := strings.CutPrefix(f.Name, "shown/"); ok {
			if sum != f.SHA256+".json" {
				return fault.New(fault.Invalid, "%s is not what its name says", f.Name)
			}
			r, err := result.Decode(a.data[f.Name])
			if err != nil || r.ID != v.Result.ID {
				return fault.New(fault.Invalid, "%s is no result of this page", f.Name)
			}
			shown[f.SHA256] = true
		}
	}
	for _, f := range a.files {
		rest, ok := strings.CutPrefix(f.Name, "decisions/")
		if !ok {
			continue
		}
		var d decision.Decision
		if err := json.Unmarshal(a.data[f.Name], &d); err != nil {
			return fault.New(fault.Invalid, "%s is no decision: %v", f.Name, err)
		}
		if err := d.Validate(); err != nil {
			return fault.Wrap(fault.Invalid, err, "%s", f.Name)
		}
		folder, where := "page/", v.Result.ID
		if d.Series == decision.Picture {
			folder, where = "picture/"+d.Subject+"/", d.Subject
		}
		count[folder]++
		if d.Series != decision.Page && d.Series != decision.Picture || d.Subject != where || rest != fmt.Sprintf("%s%05d.json", folder, d.N) || d.N != count[folder] {
			return fault.New(fault.Invalid, "%s is about something else, or one before it is missing: decision %d on %s", f.Name, d.N, d.Subject)
		}
		if d.Series == decision.Picture {
			if !slices.ContainsFunc(v.Result.Tiles, func(t page.Tile) bool { return t.SHA256 == d.Subject }) {
				return fault.New(fault.Invalid, "%s is about a picture that the page does not show", f.Name)
			}
			v.Decisions.Pictures++
			continue
		}
		v.Decisions.Page++
		switch {
		case d.Shown.Result == this:
			v.Decisions.OnThis++
		case !shown[d.Shown.Result]:
			v.Decisions.NotKept++
		}
	}
	return nil
}
