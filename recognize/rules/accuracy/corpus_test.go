package accuracy_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// sealedFile is opened once, when the rules are done; until it is there, the others stand alone.
const sealedFile = "sealed.tsv"

// The columns of every file below corpus, tab-separated, named in the first line. In `text`, `\n` stands for a line break.
const corpusHeader = "label\tcategory\ttext\tfamily\tspelling\tnote"

var (
	corpusFiles    = []string{"write.tsv", "write-2.tsv", "write-3.tsv", "look.tsv", "look-2.tsv"}
	corpusLabels   = []string{"violating", "innocent"}
	corpusFamilies = []string{"cosmetics", "food", "medical", "quasi", "ads", "contact", "decency", "english"}
	corpusSpelling = []string{"plain", "disguised"}
)

// Two texts of different files may not share more than this of their pairs of letters (Jaccard). The mandated English
// disclaimer reaches 0.5, texts on unlike subjects stay below 0.4.
const nearDuplicate = 0.6

type corpusText struct {
	file, label, category, text, family, spelling, note string
	line                                                int
}

func (c corpusText) String() string { return fmt.Sprintf("%s:%d: %q", c.file, c.line, c.text) }

func TestCorpusColumns(t *testing.T) {
	for _, c := range loadCorpora(t) {
		if !slices.Contains(corpusLabels, c.label) {
			t.Errorf("%v: label %q, want one of %v", c, c.label, corpusLabels)
		}
		if !slices.Contains(corpusFamilies, c.family) {
			t.Errorf("%v: family %q, want one of %v", c, c.family, corpusFamilies)
		}
		if !slices.Contains(corpusSpelling, c.spelling) {
			t.Errorf("%v: spelling %q, want one of %v", c, c.spelling, corpusSpelling)
		}
		if c.note == "" {
			t.Errorf("%v: no note: say which law, policy or notice the label rests on", c)
		}
		if strings.TrimSpace(c.text) == "" || strings.TrimSpace(c.text) != c.text || !utf8.ValidString(c.text) {
			t.Errorf("%v: the text is empty, padded or not UTF-8", c)
		}
	}
}

func TestCorpusHasNoDuplicates(t *testing.T) {
	texts := loadCorpora(t)
	seen := map[string]corpusText{}
	pairs := make([]map[string]bool, len(texts))
	for i, c := range texts {
		letters := lettersOf(c.text)
		if first, ok := seen[letters]; ok && (first.file == c.file || !mandated(first, c)) {
			t.Errorf("%v repeats %v", c, first)
		}
		seen[letters] = c
		pairs[i] = pairsOf(letters)
	}
	for i := range texts {
		for j := i + 1; j < len(texts); j++ {
			if texts[i].file == texts[j].file || mandated(texts[i], texts[j]) {
				continue
			}
			if s := jaccard(pairs[i], pairs[j]); s > nearDuplicate {
				t.Errorf("%v and %v are near duplicates (%.2f)", texts[i], texts[j], s)
			}
		}
	}
}

// mandated says whether two texts may be alike: what the law wants said, every page says in the same words.
func mandated(a, b corpusText) bool { return a.label == "innocent" && b.label == "innocent" }

// TestCorpusBalance keeps each file fit to measure by: enough texts, half of them violating or some more, about a fifth of those
// disguised and about a fifth without a category, both labels in every family.
func TestCorpusBalance(t *testing.T) {
	texts := loadCorpora(t)
	for _, file := range presentCorpora(t) {
		var total, violating, disguised, uncategorized int
		families := map[string]int{}
		for _, c := range texts {
			if c.file != file {
				continue
			}
			total++
			families[c.family+" "+c.label]++
			if c.category == "" {
				uncategorized++
			}
			if c.label != "violating" {
				continue
			}
			violating++
			if c.spelling == "disguised" {
				disguised++
			}
		}
		t.Logf("%s: %d texts, %d violating (%d disguised), %d without a category, %v",
			file, total, violating, disguised, uncategorized, families)
		if total < 320 {
			t.Errorf("%s has %d texts, want at least 320", file, total)
		}
		within(t, file+": violating texts", violating, total, 0.45, 0.65)
		within(t, file+": disguised among violating texts", disguised, violating, 0.15, 0.30)
		within(t, file+": texts without a category", uncategorized, total, 0.12, 0.25)
		for _, family := range corpusFamilies {
			for _, label := range corpusLabels {
				if n := families[family+" "+label]; n < 8 {
					t.Errorf("%s has %d %s texts of %s, want at least 8", file, n, label, family)
				}
			}
		}
	}
}

func within(t *testing.T, what string, part, whole int, low, high float64) {
	t.Helper()
	if share := float64(part) / float64(whole); share < low || share > high {
		t.Errorf("%s: %d of %d (%.2f), want between %.2f and %.2f", what, part, whole, share, low, high)
	}
}

func loadCorpora(t *testing.T) []corpusText {
	t.Helper()
	var texts []corpusText
	for _, name := range presentCorpora(t) {
		texts = append(texts, loadCorpus(t, name)...)
	}
	return texts
}

// presentCorpora names the files to check: all that must be there, and the sealed one if it is.
func presentCorpora(t *testing.T) []string {
	t.Helper()
	switch _, err := os.Stat(filepath.Join("corpus", sealedFile)); {
	case err == nil:
		return append(slices.Clone(corpusFiles), sealedFile)
	case os.IsNotExist(err):
		return corpusFiles
	default:
		t.Fatal(err)
		return nil
	}
}

func loadCorpus(t *testing.T, name string) []corpusText {
	t.Helper()
	file, err := os.Open(filepath.Join("corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var texts []corpusText
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			if lines.Text() != corpusHeader {
				t.Fatalf("%s: first line %q, want %q", name, lines.Text(), corpusHeader)
			}
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) != 6 {
			t.Fatalf("%s:%d: %d columns, want 6", name, n, len(columns))
		}
		texts = append(texts, corpusText{
			file: name, line: n,
			label: columns[0], category: columns[1], text: columns[2],
			family: columns[3], spelling: columns[4], note: columns[5],
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

// lettersOf is the text's letters and digits in lower case: spelling tricks aside, the same words give the same letters.
func lettersOf(text string) string {
	text = strings.ReplaceAll(text, `\n`, " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func pairsOf(letters string) map[string]bool {
	pairs := map[string]bool{}
	runes := []rune(letters)
	for i := 1; i < len(runes); i++ {
		pairs[string(runes[i-1:i+1])] = true
	}
	return pairs
}

func jaccard(a, b map[string]bool) float64 {
	var common int
	for pair := range a {
		if b[pair] {
			common++
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 0
}
