package reader

import (
	"image"
	"testing"
)

func TestMixedWordTakesTheSurestWay(t *testing.T) {
	letters := func(text string, confidence float64) *part { return &part{glyphs: written(text, confidence)} }
	for name, c := range map[string]struct {
		word mixedWord
		want string // "" where the first reading stays
	}{
		"an ending read in its line": {
			mixedWord{letters: true, hangul: written("GNU/Linux은", 0.5), ways: []way{
				{letters: letters("GNU/Linux2", 0.87), wide: true},
				{letters: letters("GNU/Linux", 0.93), kept: written("은", 0.16)},
			}}, "GNU/Linux은",
		},
		"letters that Hangul took for a syllable": {
			mixedWord{letters: true, hangul: written("A5디|", 0.7), ways: []way{
				{letters: letters("ASCII", 0.8)}, {letters: letters("AS", 0.96), kept: written("디|", 0.5)},
			}}, "ASCII",
		},
		"quotes that English is not sure of": {
			mixedWord{letters: true, hangul: written("`0zen'", 0.2), ways: []way{{letters: letters("‘frozen’", 0)}}}, "‘frozen’",
		},
		"an ending that was hardly read": {
			mixedWord{letters: true, hangul: written("5inary-*", 0.25), ways: []way{
				{letters: letters("binary-*", 0.91)}, {letters: letters("bina", 0.96), ending: letters("이", 0.09)},
			}}, "binary-*",
		},
		"a number before a syllable": {
			mixedWord{letters: true, hangul: written("7.7™D.", 0), ways: []way{
				{letters: letters("7.7", 0.9), ending: letters("절.", 0.8)},
			}}, "7.7절.",
		},
		"syllables that English reads, too": {
			mixedWord{hangul: written("0|유", 0.7), ways: []way{{letters: letters("OlS", 0.8)}}}, "",
		},
		"an ending that English takes for a sign": {
			mixedWord{letters: true, hangul: written("systemd도", 0.78), ways: []way{{letters: letters("systemd&", 0.9), wide: true}, {letters: letters("systemd", 0.6), kept: written("도", 0), syllables: 1}}}, "systemd도",
		},
		"an ending that English takes for a letter": {
			mixedWord{letters: true, hangul: written("FA0를", 0.5), ways: []way{{letters: letters("FAQS", 0.95), wide: true}, {letters: letters("FAQ", 0.8), kept: written("를", 0.9), syllables: 1}}}, "FAQ를",
		},
		"small letters in the place of an ending": {
			mixedWord{letters: true, hangul: written("a만", 0.46), ways: []way{{letters: letters("apt", 0.96), wide: true}, {letters: letters("a", 0.96), kept: written("만", 0), syllables: 1}}}, "apt",
		},
		"letters that are taken for a syllable": {
			mixedWord{letters: true, hangul: written("Contract에서", 0.8), ways: []way{
				{letters: letters("Contract", 0.96), kept: written("에서", 0.3), syllables: 2}, {letters: letters("Contra", 0.96), ending: letters("하에서", 0.9), syllables: 3},
			}}, "Contract에서",
		},
		"digits for letters": {
			mixedWord{hangul: written("10911", 0.74), ways: []way{{letters: letters("login", 0.71)}}}, "login",
		},
		"a number read unsurely": {
			mixedWord{hangul: written("10911", 0.74), ways: []way{{letters: letters("1o9", 0.71)}}}, "",
		},
		"a model": {
			mixedWord{letters: true, hangul: written("mé8k", 0.71), ways: []way{{letters: letters("m68k", 0.82)}}}, "m68k",
		},
		"letters that Hangul took for digits of their shape": {
			mixedWord{hangul: append(written("--109-", 0.55), written("옵션을", 0.92)...), ways: []way{{letters: letters("--Log-", 0.57), kept: written("옵션을", 0.92), syllables: 3}}}, "--Log-옵션을",
		},
		"letters of no digit's shape": {
			mixedWord{hangul: append(written("--109-", 0.55), written("옵션을", 0.92)...), ways: []way{{letters: letters("--maw-", 0.57), kept: written("옵션을", 0.92), syllables: 3}}}, "",
		},
		"the surer of two, once one is found": {
			mixedWord{letters: true, hangul: append(written("apt-9", 0.9), written("라", 0.66)...), ways: []way{
				{letters: letters("apt-get", 0.96)}, {letters: letters("apt-g", 0.91), kept: written("라", 0.66), syllables: 1},
			}}, "apt-get",
		},
		"a short name read as a number": {
			mixedWord{hangul: written(".46", 0.53), ways: []way{{letters: letters(".deb", 0.82)}}}, ".deb",
		},
		"digits before an ending": {
			mixedWord{letters: true, hangul: written("XYZ-3.70|", 0.44), ways: []way{
				{letters: letters("XYZ-3.70|", 0.84), wide: true}, {letters: letters("XYZ-3.", 0.89), ending: letters("7이", 0.92), syllables: 2},
			}}, "XYZ-3.7이",
		},
		"a digit for a letter before an ending": {
			mixedWord{letters: true, hangul: written("test1n90|", 0.44), ways: []way{
				{letters: letters("testin", 0.96), ending: letters("9이", 0.92), syllables: 2}, {letters: letters("testing", 0.8), kept: written("이", 0.7), syllables: 1},
			}}, "testing이",
		},
		"two parts that were read surely": {
			mixedWord{letters: true, hangul: written("s0u『@5.1i하(5)", 0.48), ways: []way{
				{letters: letters("sources.list(5)", 0.45)}, {letters: letters("sources.list", 0.82), ending: letters("(5)", 0.96), syllables: 2},
			}}, "sources.list(5)",
		},
		"a word lost before its ending": {
			mixedWord{lost: true, hangul: written("를", 0.1), ways: []way{{letters: letters("lsS", 0.4), wide: true}, {letters: letters("ls", 0.8), kept: written("를", 0.1), syllables: 1}}}, "ls를",
		},
		"two syllables read as one": {
			mixedWord{lost: true, hangul: written("군", 0), ways: []way{{letters: letters("AS", 0.5), wide: true}}}, "",
		},
		"an ending that is none behind letters read as digits": {
			mixedWord{letters: true, hangul: written("t65t1n9'", 0.31), ways: []way{{letters: letters("tes", 0.96), ending: letters("틴00'", 0.45), syllables: 3}}}, "",
		},
		"no text": {
			mixedWord{lost: true, hangul: written("줄", 0), ways: []way{{letters: letters("Eenes", 0.3)}, {letters: letters("Ees", 0.3), kept: written("줄", 0), syllables: 1}}}, "",
		},
		"a word read for sure": {
			mixedWord{letters: true, hangul: written("OLE를", 0.9), ways: []way{{letters: letters("OLE", 0.8), kept: written("를", 0.9)}}}, "",
		},
	} {
		if got := textOf(c.word.best()); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestWordsThatAreWiderThanTheirSyllables: such a word that was read with no confidence is cut as letters with an ending, and may be read again whole.
func TestWordsThatAreWiderThanTheirSyllables(t *testing.T) {
	line := blank(200)
	for _, x := range []int{10, 26, 42, 58, 80} {
		blacken(line, image.Rect(x, 4, x+10, 36))
	}
	blacken(line, image.Rect(76, 4, 108, 36))
	for name, c := range map[string]struct {
		text       string
		confidence float64
		want       int
	}{
		"hardly read": {"를", 0.1, 1}, "read": {"를", 0.6, 0}, "as wide as its syllables": {"그것를", 0.1, 0},
	} {
		glyphs := written(c.text, c.confidence)
		for i := range glyphs {
			glyphs[i].Box = image.Rect(76-36*(len(glyphs)-1-i), 0, 108-36*(len(glyphs)-1-i), 40)
		}
		if got := findMixed(line, glyphs, 38); len(got) != c.want {
			t.Errorf("%s: %d words are cut, want %d", name, len(got), c.want)
		}
	}
}

func TestSectionSign(t *testing.T) {
	for text, want := range map[string]bool{"§수": true, "§수를": true, "§5": false, "§": false, "§A": false, "수§": false, "§수A": false} {
		if got := section(written(text, 0.5)); got != want {
			t.Errorf("section(%s) is %v", text, got)
		}
	}
	line := blank(120)
	blacken(line, image.Rect(4, 4, 116, 36))
	if got := findMixed(line, written("§수를", 0.5), 40); len(got) != 0 {
		t.Error("a section sign before syllables is read as letters")
	}
}

func TestWordsAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]struct{ plausible, garbled bool }{
		"OpenGL은": {true, false}, "10kg": {true, false}, "t65ting": {true, true}, "0zen": {true, true}, "한글A글": {false, false}, "A디|": {false, false}, "MP3": {true, false},
		"앗able": {false, false}, "d이": {true, false}, "국제USB": {true, false}, "『9": {false, false}, "『책』은": {true, false},
	} {
		if got := plausible(written(text, 1)); got != want.plausible {
			t.Errorf("plausible(%s) is %v", text, got)
		}
		if got := garbled(written(text, 1)); got != want.garbled {
			t.Errorf("garbled(%s) is %v", text, got)
		}
	}
}

func TestDoubtfulWordIsReplacedBySurerSyllables(t *testing.T) {
	for name, c := range map[string]struct {
		first, second []Glyph
		want          string
	}{
		"surer":                                 {written("수", 0), written("특수", 0.96), "특수"},
		"hardly surer":                          {written("무엇", 0.79), written("무엇", 0.83), ""},
		"both unsure":                           {written("데비안", 0.1), written("이안", 0.26), ""},
		"no syllables":                          {written("니다", 0.5), written("LIC}", 0.9), ""},
		"a bar among them":                      {written("니다", 0.5), written("니|다", 0.9), ""},
		"read for sure as no number is written": {written("2!", 0.96), written("및", 0.9), "및"},
	} {
		w := doubtfulWord{hangul: c.first, again: &part{glyphs: c.second}}
		if got := textOf(w.best()); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestStretchTakesItsSignsFromTheWordBesideIt: what was read of a word again stays but for the glyphs of the stretch.
// TestSyllableThatWasLeftOut: a word that is wide enough for one syllable more than were read of it is read again, and is the second reading where that has
// one more.
func TestSyllableThatWasLeftOut(t *testing.T) {
	line := blank(260)
	for k := range 6 {
		blacken(line, image.Rect(10+36*k, 4, 42+36*k, 38))
	}
	glyphs := written("용프로그램", 0.93)
	for i := range glyphs {
		glyphs[i].Box = image.Rect(10+36*(i+1), 0, 42+36*(i+1), textHeight)
	}
	glyphs[0].Box.Min.X = 10
	words := findDoubtful(line, glyphs, make([]bool, len(glyphs)), 36)
	if len(words) != 1 || words[0].room != 6 {
		t.Fatalf("%+v, want a word with room for six", words)
	}
	for read, want := range map[string]string{"응용프로그램": "응용프로그램", "용프로그램": "", "응응프로그램": "", "응용프로그램이": ""} {
		words[0].again = &part{glyphs: written(read, 0.8)}
		if got := textOf(words[0].best()); got != want {
			t.Errorf("%s: got %q, want %q", read, got, want)
		}
	}
	glyphs[0].Box.Min.X = 46
	narrow := blank(260)
	for k := range 5 {
		blacken(narrow, image.Rect(46+36*k, 4, 78+36*k, 38))
	}
	if got := findDoubtful(narrow, glyphs, make([]bool, len(glyphs)), 36); len(got) != 0 {
		t.Errorf("%d words are read again that have no room for more", len(got))
	}
}

func TestStretchTakesItsSignsFromTheWordBesideIt(t *testing.T) {
	for name, c := range map[string]struct {
		again    string
		from, to int // of the stretch
		want     string
	}{
		"a stretch behind":                  {"패키지.", 3, 5, "패키지|"},
		"a stretch within":                  {"패키지(x)를", 3, 6, "패키지|를"},
		"not as many syllables as at first": {"패지(x)를", 3, 6, "빼기지|를"},
		"a stretch elsewhere":               {"패키지(x)를", 7, 9, "패키지(x)를"},
	} {
		first := written("빼기지(8)를foo", 0.7)
		w := doubtfulWord{from: 0, to: 7, hangul: first[:7], again: &part{glyphs: written(c.again, 0.9)}}
		if c.to == 5 { // the word ends with the stretch's first sign
			first = written("빼기지.foo", 0.7)
			w.to, w.hangul = 4, first[:4]
		}
		better := map[int]replacement{0: {w.to, w.again.glyphs}}
		w.giveWay(better, c.from, c.to)
		if c.from < w.to {
			better[c.from] = replacement{c.to, written("|", 1)}
		}
		got := textOf(replaced(first, better))
		if c.to == 5 {
			got = got[:len("패키지|")]
		} else if c.from < w.to {
			got = got[:len(got)-len("foo")]
		} else {
			got = got[:len("패키지(x)를")]
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestReplaced(t *testing.T) {
	got := textOf(replaced(written("가나다라마", 1), map[int]replacement{1: {3, written("XYZ", 1)}, 4: {5, written("W", 1)}}))
	if got != "가XYZ라W" {
		t.Errorf("got %q", got)
	}
}

// TestPitchIsThatOfSyllables: what stands between words does not count, and a line with few syllables has the usual one.
func TestPitchIsThatOfSyllables(t *testing.T) {
	glyphs := written("가나다라마바사", 1)
	for i := 4; i < len(glyphs); i++ {
		glyphs[i].Box.Min.X += 20
		glyphs[i].Box.Max.X += 20
	}
	if got := pitchOf(glyphs); got != 40 {
		t.Errorf("pitch %d, want 40", got)
	}
	if got := pitchOf(written("AB가", 1)); got != textHeight*95/100 {
		t.Errorf("pitch %d of a line without syllables", got)
	}
}

func TestLetterThatHangulTookForABracket(t *testing.T) {
	for name, c := range map[string]struct {
		hangul  string
		english []Glyph
		want    string
	}{
		"a letter":        {"『9", written("F9", 0.8), "F9"},
		"hardly read":     {"『9", written("F9", 0.5), ""},
		"a name in them":  {"『9』", written("F9,", 0.8), ""},
		"English, no way": {"『9", written("r|9", 0.8), ""},
	} {
		s := stretch{hangul: written(c.hangul, 0.9), english: &part{glyphs: c.english}}
		if got := textOf(s.best()); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestLettersThatHangulTookForDigits(t *testing.T) {
	for name, c := range map[string]struct {
		hangul, english []Glyph
		want            string
	}{
		"a name":             {written("90091eearth-package", 0.83), written("googleearth-package", 0.82), "googleearth-package"},
		"a name read surely": {written("90091eearth-package", 0.95), written("googleearth-package", 0.82), ""},
		"hardly read":        {written("90091eearth-package", 0.83), written("googleearth-package", 0.5), ""},
		"another number":     {written("34091eearth-package", 0.83), written("googleearth-package", 0.82), ""},
	} {
		s := stretch{hangul: c.hangul, english: &part{glyphs: c.english}}
		if got := textOf(s.best()); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestAddressesAreText(t *testing.T) {
	for text, want := range map[string]bool{"www.skin-lab.co.kr": true, "www.a.kr": true, "www.": false, "wwwwwwww": false, "www.가게.kr": false, "VVVVVV,OIN": false} {
		if got := address(written(text, 0.3)); got != want {
			t.Errorf("%q is an address: %v, want %v", text, got, want)
		}
	}
	s := strip{gray: image.NewGray(image.Rect(0, 0, 400, 60)), line: image.Rect(0, 0, 400, 40), per: 1}
	if _, ok := makeLine(s, written("www.skin-lab.co.kr", 0.3)); !ok {
		t.Error("an address that was read unsurely is dropped")
	}
	if _, ok := makeLine(s, written("VVVVVV,OIN", 0.3)); ok {
		t.Error("a scrap that was read unsurely stays")
	}
	read := readAs("www.skin-lab.co.kr", 0.34, image.Rect(0, 0, 400, 44))
	if _, ok := stackOf(image.NewGray(image.Rect(0, 0, 400, 44)), read.Box, read); ok {
		t.Error("an address is taken for several lines")
	}
}

func TestSyllablesThatAreTakenSurelyForTheirTwins(t *testing.T) {
	for _, c := range []struct{ hangul, korean, want string }{
		{"슷자를", "숫자를", "숫자를"},
		{"모는", "모든", "모든"},
		{"파일릿은", "파일럿은", "파일럿은"},
		{"비슷한", "비슷한", ""}, // as it is
		{"비슷한", "비숫안", ""}, // something else is read differently, too
		{"마모는", "마모든", ""}, // no word of its own
		{"혜택을", "혜댁을", ""}, // another syllable
		{"숫자를", "슷자를", ""}, // no twin the other way round
		{"슷자", "(숫자", ""},  // a sign more
		{"문서를", "문저를", ""}, // none that is mistaken
	} {
		w := doubtfulWord{hangul: written(c.hangul, 0.92), again: &part{glyphs: written(c.korean, 0.7)}}
		if got := textOf(w.best()); got != c.want {
			t.Errorf("%s, read again as %s: %q, want %q", c.hangul, c.korean, got, c.want)
		}
	}
	line := blank(140)
	blacken(line, image.Rect(2, 4, 114, 36))
	for word, want := range map[string]int{"슷자를": 1, "모는": 1, "문서를": 0} {
		if got := len(findDoubtful(line, written(word, 0.95), make([]bool, 3), textHeight)); got != want {
			t.Errorf("%s, read surely: %d words are read again, want %d", word, got, want)
		}
	}
}
