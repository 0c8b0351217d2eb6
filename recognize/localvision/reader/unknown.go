package reader

// The Hangul and the Korean data know 1,076 syllables, and read each other one as one of those that looks like it, with no confidence. Of
// 231,000 words of messages and manuals that have nothing to do with the pages that are measured one in a hundred has such a syllable, most of
// them in a few words. Where one of these is written but for that syllable, it stands there.

// untaught are frequent words with a syllable that the data lacks: what stands before it, it, and what stands behind.
var untaught = []struct {
	before, text, behind string
}{
	{"바", "뀝", "니"}, {"바", "뀔", ""}, {"바", "뀐", ""}, {"바", "뀜", ""}, {"바", "꿉", "니"}, {"바", "꿨", ""}, {"", "끕", "니"}, {"", "껐", ""}, {"", "켭", "니"},
	{"", "둡", "니"}, {"어", "둡", ""}, {"", "씁", "니"}, {"", "뜁", "니"}, {"", "춥", "니"}, {"너", "뜀", ""}, {"너", "뛸", ""}, {"없", "앱", "니"}, {"", "뺍", "니"}, {"", "뜹", "니"},
	{"", "굵", "은"}, {"", "굵", "게"}, {"", "굵", "기"}, {"", "얇", "은"}, {"", "얇", "게"}, {"", "얇", "고"}, {"", "얕", "은"}, {"", "낡", "은"}, {"", "낡", "아"},
	{"어", "쨌", "든"}, {"여", "럿", ""}, {"", "갯", "수"}, {"", "헷", "갈"}, {"덧", "씌", ""}, {"어", "씌", ""}, {"만", "듦", ""}, {"", "꽉", ""},
	{"시", "퀀", "스"}, {"포", "맷", ""}, {"커", "밋", ""}, {"스", "왑", ""}, {"타", "겟", ""}, {"스", "냅", "샷"},
}

// taught puts syllables that the data lacks, in place, where a word with one is written but for it.
func taught(glyphs []Glyph) {
	for i, g := range glyphs {
		if !hangul(g.Text) {
			continue
		}
		read, best := g.Text, 1
		for _, u := range untaught {
			if g.Confidence >= unreadable && (u.before == "" || u.behind == "") { // what stands around it does not say which word it is
				continue
			}
			open := u.before == "" && u.behind == "니" && closed(g.Text) != g.Text // ㅁ for ㅂ is what is wrong
			if !open && (u.before == "" || i > 0 && glyphs[i-1].Text == u.before) && (u.behind == "" || i+1 < len(glyphs) && glyphs[i+1].Text == u.behind) {
				if n := alikeIn(read, u.text, u.before == ""); n > best {
					best, glyphs[i].Text = n, u.text
				}
			}
		}
	}
}

// unreadable is the confidence below which a syllable may be one that the data lacks.
const unreadable = 0.5

// alikeIn is in how many of their beginnings, vowels and ends two syllables look alike. Where nothing stands before them that says what the word
// is, it is none where they do not begin with the same consonant.
func alikeIn(a, b string, alone bool) (n int) {
	x, y := jamoOf(a), jamoOf(b)
	if alone && x[0] != y[0] {
		return 0
	}
	for i := range x {
		if shapes[i][x[i]] == shapes[i][y[i]] {
			n++
		}
	}
	return n
}

// shapes has the beginnings, vowels and ends of syllables in Unicode's order; those that look alike have one letter.
var shapes = [3]string{
	"ggnddrmbbssojjjgdpo",          // ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ
	"aeaeofofuvyiuuwxiuuii",        // ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ
	"-gggnnndrrrrrrrrbbbssojjgdph", // none, ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ
}

// vowels and ends are how many Unicode has of them: syllables stand in the order of their beginnings, vowels and ends.
const vowels, ends = 21, 28

// jamoOf takes a syllable apart.
func jamoOf(text string) [3]int {
	n := int([]rune(text)[0] - '가')
	return [3]int{n / (vowels * ends), n / ends % vowels, n % ends}
}

// evened gives a syllable whose box is much too narrow, in place, a part of that before it, which is as much too wide.
func evened(glyphs []Glyph, pitch int) {
	for i := 1; i < len(glyphs); i++ {
		a, b := &glyphs[i-1], &glyphs[i]
		if hangul(a.Text) && hangul(b.Text) && 10*a.Box.Dx() >= 14*pitch && 10*b.Box.Dx() <= 4*pitch && 10*(b.Box.Max.X-a.Box.Min.X) <= 25*pitch {
			at := middle(a.Box.Min.X, b.Box.Max.X)
			a.Box.Max.X, b.Box.Min.X = at, at
		}
	}
}
