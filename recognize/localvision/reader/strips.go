package reader

import (
	"context"
	"image"
	"slices"
)

// readStrips reads strips as Hangul, and what is none as English.
func (r *Reader) readStrips(ctx context.Context, strips []strip) ([][]Glyph, error) {
	pictures := make([]*image.Gray, len(strips))
	for i, s := range strips {
		pictures[i] = s.gray
	}
	pages, err := r.run(ctx, r.language, pictures)
	if err != nil || !r.english {
		return pages, err
	}
	words, stretches, doubtful := make([][]mixedWord, len(pages)), make([][]stretch, len(pages)), make([][]doubtfulWord, len(pages))
	before := make([]*part, len(pages))
	var english, korean []*part
	for i, glyphs := range pages {
		pitch := pitchOf(glyphs)
		evened(glyphs, pitch)
		words[i] = findMixed(strips[i].gray, glyphs, pitch)
		taken := make([]bool, len(glyphs))
		for _, w := range words[i] {
			for k := w.from; k < w.to; k++ {
				taken[k] = !w.lost
			}
			for _, way := range w.ways {
				english = append(english, way.letters)
				if way.ending != nil {
					korean = append(korean, way.ending)
				}
			}
		}
		stretches[i] = findStretches(strips[i].gray, glyphs, taken, pitch)
		for _, s := range stretches[i] {
			english = append(english, s.english)
			for _, a := range s.alone {
				if a != nil {
					korean = append(korean, a)
				}
			}
		}
		if before[i] = leftOut(strips[i].gray, glyphs); before[i] != nil {
			english = append(english, before[i])
		}
		doubtful[i] = findDoubtful(strips[i].gray, glyphs, taken, pitch)
		for _, w := range doubtful[i] {
			korean = append(korean, w.again)
		}
	}
	if err := r.readParts(ctx, englishData, english); err != nil {
		return nil, err
	}
	if err := r.readParts(ctx, r.second, korean); err != nil {
		return nil, err
	}
	for i, glyphs := range pages {
		better := map[int]replacement{}
		put := func(from, to int, with []Glyph) {
			if with != nil {
				better[from] = replacement{to, with}
			}
		}
		for _, w := range words[i] {
			put(w.from, w.to, w.best())
		}
		for _, w := range doubtful[i] {
			put(w.from, w.to, w.best())
		}
		for _, s := range stretches[i] {
			if with := s.best(); with != nil {
				for _, w := range doubtful[i] {
					w.giveWay(better, s.from, s.to)
				}
				put(s.from, s.to, with)
			}
		}
		pages[i] = slices.Concat(foundBefore(before[i]), replaced(glyphs, better))
	}
	return pages, nil
}

// replacement is what stands in place of some glyphs, up to one.
type replacement struct {
	to   int
	with []Glyph
}

// replaced puts each replacement in the place of the glyphs from its key on.
func replaced(glyphs []Glyph, better map[int]replacement) (out []Glyph) {
	for i := 0; i < len(glyphs); {
		if r, ok := better[i]; ok {
			out = append(out, r.with...)
			i = r.to
		} else {
			out = append(out, glyphs[i])
			i++
		}
	}
	return out
}

// readParts reads parts of lines, and puts what is read into them.
func (r *Reader) readParts(ctx context.Context, language string, parts []*part) error {
	if len(parts) == 0 {
		return nil
	}
	pictures := make([]*image.Gray, len(parts))
	for i, p := range parts {
		pictures[i] = p.toRead(language)
	}
	read, err := r.run(ctx, language, pictures)
	if err != nil {
		return err
	}
	for i, p := range parts {
		p.glyphs = slices.Clone(read[i])
		for k := range p.glyphs {
			p.glyphs[k].Box = p.inLine(p.glyphs[k].Box)
		}
	}
	return nil
}
