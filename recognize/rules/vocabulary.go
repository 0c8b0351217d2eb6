package rules

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed words/*.yaml
var bundledWords embed.FS

// vocabulary is the sets of words and the excuses that a pack's rules may name:
// those that come with Pageinspect and the pack's own.
type vocabulary struct {
	words   map[string][]string
	excuses map[string]excuseSource
}

// excuseSource is an excuse as a file has it.
type excuseSource struct {
	before, after, around []string
	inside                []string
	within                int
	whole                 bool // its words end where words end
}

// common is the vocabulary that comes with Pageinspect.
var common = sync.OnceValues(func() (vocabulary, mistakes) {
	v := vocabulary{words: map[string][]string{}, excuses: map[string]excuseSource{}}
	var wrong mistakes
	files, err := bundledWords.ReadDir("words")
	if err != nil {
		return v, mistakes{{file: "words", msg: err.Error()}}
	}
	for _, f := range files {
		name := "words/" + f.Name()
		data, err := bundledWords.ReadFile(name)
		if err != nil {
			return v, mistakes{{file: name, msg: err.Error()}}
		}
		rd := &reader{file: name}
		if root := rd.root(data); root != nil {
			top := rd.fields(field{line: 1, node: root}, "version", "words", "excuses")
			rd.vocabulary(v, top)
		}
		wrong = append(wrong, rd.wrong...)
	}
	return v, wrong
})

// vocabulary adds what a file says under words and excuses. A set that is there
// already is extended: a pack cannot take words from a set that others use.
func (rd *reader) vocabulary(v vocabulary, top map[string]field) {
	for _, k := range rd.entries(top["words"]) {
		if !setName.MatchString(k.key) {
			rd.mistake(k.line, "%s: %q may have small letters, digits, - and _", k.name, k.key)
			continue
		}
		v.words[k.key] = append(slices.Clone(v.words[k.key]), rd.strs(k.field)...)
	}
	for _, k := range rd.entries(top["excuses"]) {
		f := rd.fields(k.field, "before", "after", "around", "inside", "within", "whole")
		if f == nil {
			continue
		}
		e := excuseSource{before: rd.strs(f["before"]), after: rd.strs(f["after"]), around: rd.strs(f["around"]),
			inside: rd.strs(f["inside"]), whole: rd.truth(f["whole"])}
		if e.within = rd.number(f["within"], 200); !f["within"].there() {
			e.within = defaultReach
		}
		if len(e.before)+len(e.after)+len(e.around)+len(e.inside) == 0 {
			rd.mistake(k.line, "%s excuses nothing; say before, after, around or inside", k.name)
		}
		for _, pair := range e.inside {
			if len([]rune(pair)) != 2 {
				rd.mistake(k.line, "%s.inside: %q is no pair of an opening and a closing character", k.name, pair)
			}
		}
		v.excuses[k.key] = e
	}
}

// defaultReach is how far from a match an excuse before or after it reaches, in characters.
const defaultReach = 14

var (
	setName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	setRef  = regexp.MustCompile(`\{([^{}]*)\}`)
)

func (v vocabulary) clone() vocabulary {
	return vocabulary{maps.Clone(v.words), maps.Clone(v.excuses)}
}

// mostWords bounds what one item of a pack may stand for.
const mostWords = 20000

// expand lists the words that an item stands for: alternatives are apart by |,
// and {name} is each word of a set in its place.
func (v vocabulary) expand(source string) ([]string, error) { return v.expandDeep(source, 0) }

func (v vocabulary) expandDeep(source string, depth int) (all []string, err error) {
	if depth > 8 {
		return nil, fmt.Errorf("%q: the sets name each other in a circle", source)
	}
	if !strings.ContainsAny(source, "{|") {
		return []string{source}, nil
	}
	for alternative := range strings.SplitSeq(source, "|") {
		if depth == 0 { // a text that goes on in the next line of a file has a space there
			alternative = strings.TrimSpace(alternative)
		}
		at := setRef.FindStringSubmatchIndex(alternative)
		if at == nil {
			if strings.TrimSpace(alternative) != "" {
				all = append(all, alternative)
			}
			continue
		}
		name := alternative[at[2]:at[3]]
		words, ok := v.words[name]
		if !ok {
			return nil, fmt.Errorf("no set of words {%s}; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(v.words)), ", "))
		}
		rest, err := v.expandDeep(alternative[at[1]:], depth+1)
		if err != nil {
			return nil, err
		}
		if len(rest) == 0 {
			rest = []string{""}
		}
		for _, w := range words {
			heads, err := v.expandDeep(w, depth+1)
			if err != nil {
				return nil, err
			}
			for _, h := range heads {
				for _, r := range rest {
					if r == "" {
						all = append(all, alternative[:at[0]]+h)
						continue
					}
					all = append(all, alternative[:at[0]]+strings.TrimSuffix(h, "~")+r)
				}
			}
			if len(all) > mostWords {
				return nil, fmt.Errorf("%q stands for more than %d words; use near for its parts", source, mostWords)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
