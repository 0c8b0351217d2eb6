package rules

import (
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// compile puts the words of all rules into one dictionary, which a text is
// searched for once.
func compile(packs []Pack) (*Set, error) {
	s := &Set{dictionary: match.NewDictionary()}
	v, _ := common()
	for _, p := range packs {
		p.Rules = slices.Clone(p.Rules)
		for i := range p.Rules {
			r := &p.Rules[i]
			r.covered, r.excepted = meanings(r.Categories), meanings(r.Not)
			if r.sound {
				if err := r.compile(s.dictionary); err != nil {
					return nil, err
				}
			}
		}
		s.packs = append(s.packs, p)
	}
	slices.SortFunc(s.packs, func(x, y Pack) int { return strings.Compare(x.Name, y.Name) })
	for _, category := range []string{"cosmetics", "food", "goods"} {
		words, err := v.expand("{cue-" + category + "}")
		if err != nil {
			return nil, err
		}
		p, err := s.dictionary.Words(words, match.Options{})
		if err != nil {
			return nil, err
		}
		s.cues = append(s.cues, cue{category, p})
	}
	heads, err := v.expand("{head}")
	if err != nil {
		return nil, err
	}
	_, err = s.dictionary.Words(heads, match.Options{})
	return s, err
}

func (r *Rule) compile(d *match.Dictionary) error {
	r.patterns, r.exceptions, r.excused = nil, nil, nil
	for _, it := range r.any {
		it.Evasion &= r.evasion
		p, err := it.compile(d)
		if err != nil {
			return err
		}
		r.patterns = append(r.patterns, p)
	}
	for _, it := range r.unless {
		p, err := it.compile(d)
		if err != nil {
			return err
		}
		r.exceptions = append(r.exceptions, p)
	}
	for i, e := range r.excuses {
		x, err := e.compile(r.Excuses[i], d)
		if err != nil {
			return err
		}
		r.excused = append(r.excused, x)
	}
	return nil
}
