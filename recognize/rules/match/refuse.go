package match

// Refusal says why what has a pattern's characters, or its parts, is no match.
type Refusal string

// The refusals.
const (
	MidWord  Refusal = "begins in the middle of a word"
	GoesOn   Refusal = "the word goes on behind it"
	InNumber Refusal = "is part of a longer number or Latin word"
	Broken   Refusal = "is broken by white space in the middle of a word"
	TooFar   Refusal = "its parts stand too far apart, or in another clause"
	TooWide  Refusal = "goes over a line end, which the rule's gap does not allow"
	Far      Refusal = "is one jamo away and the rule is not fuzzy"
)

// NearMiss is a place that a pattern nearly meets.
type NearMiss struct {
	Span
	Why Refusal
}

// NearMisses lists the places where the pattern's words stand and are no match.
func (p Pattern) NearMisses(t *Text) (all []NearMiss) {
	switch {
	case p.near != nil:
		return p.near.misses(t, t.find(p.d))
	case p.re != nil || p.class != "":
		return nil
	}
	h := t.find(p.d)
	for _, c := range p.d.candidates(t) {
		w := &p.d.words[c.word]
		if !w.in(p.group) {
			continue
		}
		if _, ok := t.accept(int(c.from), int(c.to), w, h); !ok {
			s := c.span()
			all = append(all, NearMiss{s, t.refusal(s, w, h)})
		}
	}
	return append(all, p.slips(t)...)
}

func (w *word) in(g Group) bool {
	for _, own := range w.groups {
		if own == g {
			return true
		}
	}
	return false
}

// refusal says why accept refuses.
func (t *Text) refusal(s Span, w *word, h *hits) Refusal {
	switch {
	case !t.edgedAs(s.From, s.To, w):
		return InNumber
	case w.begins && !h.begun[s.From]:
		return MidWord
	case w.ends && !t.endsWord(s.To, h.known):
		return GoesOn
	}
	return Broken
}

// slips lists what is one jamo away from a phrase that is not fuzzy and long enough to be.
func (p Pattern) slips(t *Text) (all []NearMiss) {
	for i := range p.d.words {
		w := &p.d.words[i]
		if p.fuzzy != nil || !w.in(p.group) || syllables(w.runes) < MinFuzzySyllables {
			continue
		}
		f, err := Phrase(w.spelled(), true)
		if err != nil {
			continue
		}
		for _, s := range f.Find(t, Line) {
			if strict(s.Kind) == 2 {
				all = append(all, NearMiss{s, Far})
			}
		}
	}
	return all
}

// spelled is the word with its white space.
func (w *word) spelled() string {
	var b []rune
	for i, r := range w.runes {
		if i > 0 && w.starts[i] {
			b = append(b, ' ')
		}
		b = append(b, r)
	}
	return string(b)
}

// misses are the nearest places of the first two parts, if both stand in the text.
func (n Near) misses(t *Text, h *hits) []NearMiss {
	best := Span{From: -1}
	for _, i := range h.group(n.Parts[0]) {
		for _, k := range h.group(n.Parts[1]) {
			x, y := h.all[i], h.all[k]
			from, to := int(min(x.from, y.from)), int(max(x.to, y.to))
			if best.From < 0 || to-from < best.To-best.From {
				best = Span{From: from, To: to}
			}
		}
	}
	if best.From < 0 {
		return nil
	}
	return []NearMiss{{best, TooFar}}
}
