package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// item is one thing to look for, as a pack has it.
type item struct {
	shown  string     // as findings name it
	words  []string   // any of them; or
	parts  [][]string // words near each other; or
	within int
	any    bool   // the parts in any order
	re     string // a regular expression; or
	number match.NumberClass
	match.Options
}

// item reads one entry of match.any or unless.
func (rd *reader) item(f field, v vocabulary, fuzzy bool) (it item, ok bool) {
	before := len(rd.wrong)
	it.Fuzzy, it.Evasion = fuzzy, match.AllEvasion
	if !isMapping(f.node) {
		it.shown = rd.str(f)
		it.words = rd.expand(f, v, it.shown)
	} else {
		k := rd.fields(f, "phrase", "near", "within", "order", "re", "number", "begins", "ends")
		if k == nil {
			return it, false
		}
		rd.mapped(&it, f, k, v)
	}
	if len(rd.wrong) == before {
		if rd.words == nil {
			rd.words = match.NewDictionary()
		}
		if _, err := it.compile(rd.words); err != nil {
			rd.mistake(f.line, "%s: %v", f.name, err)
		}
	}
	return it, len(rd.wrong) == before
}

func (rd *reader) mapped(it *item, f field, k map[string]field, v vocabulary) {
	var said []string
	for _, name := range []string{"phrase", "near", "re", "number"} {
		if k[name].there() {
			said = append(said, name)
		}
	}
	if len(said) != 1 {
		rd.mistake(f.line, "%s: want one of phrase, near, re, number, not %d of them", f.name, len(said))
		return
	}
	edge := map[string]match.Edge{"": match.Auto, "word": match.AtWord, "anywhere": match.Anywhere}
	if k["begins"].there() {
		it.Begins = edge[choice(rd, k["begins"], "word", "anywhere")]
	}
	if k["ends"].there() {
		it.Ends = edge[choice(rd, k["ends"], "word", "anywhere")]
	}
	for _, name := range []string{"within", "order"} {
		if k[name].there() && said[0] != "near" {
			rd.mistake(k[name].line, "%s: goes with near only", k[name].name)
		}
	}
	switch said[0] {
	case "phrase":
		it.shown = rd.str(k["phrase"])
		it.words = rd.expand(k["phrase"], v, it.shown)
	case "re":
		it.re = rd.str(k["re"])
		it.shown = "/" + it.re + "/"
	case "number":
		it.number = choice(rd, k["number"], match.Classes...)
		it.shown = "number: " + string(it.number)
	case "near":
		rd.near(it, k, v)
	}
}

const (
	defaultWithin = 8
	mostWithin    = 60
)

func (rd *reader) near(it *item, k map[string]field, v vocabulary) {
	parts := rd.strs(k["near"])
	if len(parts) < 2 {
		rd.mistake(k["near"].line, "%s: want two parts or more", k["near"].name)
	}
	for _, p := range parts {
		it.parts = append(it.parts, rd.expand(k["near"], v, p))
	}
	it.shown = strings.Join(parts, " … ")
	if it.within = defaultWithin; k["within"].there() {
		it.within = rd.number(k["within"], mostWithin)
	}
	if k["order"].there() {
		it.any = choice(rd, k["order"], "any", "given") == "any"
	}
	if it.any && len(parts) > 2 {
		rd.mistake(k["order"].line, "%s: any is for two parts", k["order"].name)
	}
}

func (rd *reader) expand(f field, v vocabulary, source string) []string {
	words, err := v.expand(source)
	if err != nil {
		rd.mistake(f.line, "%s: %v", f.name, err)
	}
	for _, w := range words {
		if r := []rune(strings.TrimSpace(w)); len(r) > 1 && strings.ContainsRune("“”‘’", r[0]) && strings.ContainsRune("“”‘’", r[len(r)-1]) {
			rd.mistake(f.line, `%s: the curly quotes of %s are taken as part of the phrase; write straight ones: "%s"`, f.name, w,
				string(r[1:len(r)-1]))
			break
		}
	}
	return words
}

// compile puts the item's words into a dictionary.
func (it item) compile(d *match.Dictionary) (match.Pattern, error) {
	switch {
	case it.re != "":
		return d.Regexp(it.re)
	case it.number != "":
		return d.Number(it.number), nil
	case it.parts != nil:
		n := match.Near{Within: it.within, Any: it.any}
		for _, words := range it.parts {
			g, err := d.Group(words, it.Options)
			if err != nil {
				return match.Pattern{}, err
			}
			n.Parts = append(n.Parts, g)
		}
		return d.Near(n), nil
	}
	if len(it.words) == 0 {
		return match.Pattern{}, fmt.Errorf("%q stands for no word", it.shown)
	}
	return d.Words(it.words, it.Options)
}

// items reads a list of things to look for.
func (rd *reader) itemList(f field, v vocabulary, fuzzy bool) (all []item) {
	phrases := 0
	for _, entry := range rd.items(f) {
		plain := !isMapping(entry.node)
		if it, ok := rd.item(entry, v, fuzzy && plain); ok {
			all = append(all, it)
		}
		if plain {
			phrases++
		}
	}
	if fuzzy && phrases == 0 && len(all) > 0 {
		rd.mistake(f.line, "%s: fuzzy is for phrases and there is none; leave fuzzy out", f.name)
	}
	return all
}

// evasions reads which disguises a rule looks through.
func (rd *reader) evasions(f field) match.Evasion {
	if !f.there() {
		return match.AllEvasion
	}
	var e match.Evasion
	for _, s := range rd.strs(f) {
		i := slices.Index(match.EvasionNames, s)
		switch {
		case s == "none":
		case s == "all":
			e = match.AllEvasion
		case i < 0:
			rd.mistake(f.line, "%s: %q is none of %s, all, none", f.name, s, strings.Join(match.EvasionNames, ", "))
		default:
			e |= 1 << i
		}
	}
	return e
}
