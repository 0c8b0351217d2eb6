package match

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
	"github.com/pageinspect/pageinspect/shared/result"
)

// NumberClass is what a number is of. A number is classified once, by its
// groups and by the words beside it, so that an order number is no telephone
// number for any rule.
type NumberClass string

// The classes that rules may look for.
const (
	Phone   NumberClass = "phone"   // a mobile telephone, which is a person's; not 1588-…, 02-…
	Account NumberClass = "account" // a bank account, with its bank or the word account
)

// Classes lists the classes.
var Classes = []NumberClass{Phone, Account}

// number is digits with what may stand between the groups of one number.
type number struct {
	from, to int      // glyphs
	groups   []string // of digits
	ends     []int    // the glyph after each group
	evasion  Evasion
	real     int  // digits that are written as such
	odd      bool // symbols other than - and . stand between its groups
}

const (
	mostBetween = 3  // symbols between two groups
	mostDigits  = 20 // of a number; a longer one is none of a class
	beside      = 12 // characters around a number in which a word says what it is of
)

// numbers are the numbers of a class, in order of position.
func (t *Text) numbers(c NumberClass) []Span {
	if t.classified == nil {
		t.classified = map[NumberClass][]Span{Phone: nil, Account: nil}
		for i := 0; i < len(t.glyphs); {
			if !t.beginsNumber(i) {
				i++
				continue
			}
			n := t.number(i)
			class, to := t.classify(n)
			if class != "" {
				s := Span{From: n.from, To: to, Kind: result.Exact, Gap: t.widest(n.from, to), Evasion: n.evasion}
				t.classified[class] = append(t.classified[class], s)
				i = to
				continue
			}
			i = max(n.ends[0], i+1)
		}
	}
	return t.classified[c]
}

// numerals are the native Korean ones, of two syllables or one, and the syllables they begin with.
var (
	numerals     = map[string]byte{"하나": '1', "둘": '2', "셋": '3', "넷": '4', "다섯": '5', "여섯": '6', "일곱": '7', "여덟": '8', "아홉": '9'}
	numeralStart = korean.SyllablesOf("하둘셋넷다여일아")
)

// digitAt is the digit that stands at glyph i, 0 if none: written, spelled, or a
// letter like one; and how many glyphs it has.
func (t *Text) digitAt(i int) (d byte, glyphs int, plain bool) {
	r := t.glyphs[i].r
	if '0' <= r && r <= '9' {
		return byte(r), 1, true
	}
	if d, ok := disguise.Digit(r); ok {
		return d, 1, false
	}
	if t.glyphs[i].class == digit { // of another script: each has ten in a row
		for d = '0'; d < '9' && unicode.IsDigit(r-rune(d-'0')-1); d++ {
		}
		return d, 1, false
	}
	for n := 2; n > 0 && numeralStart.Has(r); n-- {
		if d, ok := numerals[string(t.ahead(make([]rune, 0, n), i))]; ok {
			return d, n, false
		}
	}
	return 0, 1, false
}

// beginsNumber says whether a number may begin at glyph i: no number and no code goes on from before.
func (t *Text) beginsNumber(i int) bool {
	d, _, plain := t.digitAt(i)
	if d == 0 && t.glyphs[i].r != '+' || !plain && !t.beginsWord(i) {
		return false
	}
	if !t.joined(i) {
		return true
	}
	before := t.glyphs[i-1].r
	if class(before) == digit || class(before) == latin && !t.labelled(i) {
		return false
	}
	code := before == '-' || before == '_' || before == '#' || before == '/'
	return !code || !t.joined(i-1) || t.glyphs[i-2].class == other
}

// labelled says whether the Latin letters before glyph i announce a telephone.
func (t *Text) labelled(i int) bool {
	var word []rune
	for j := i - 1; j >= 0 && len(word) < 8 && t.glyphs[j].class == latin; j-- {
		word = append(word, t.glyphs[j].r)
		if !t.joined(j) {
			break
		}
	}
	slices.Reverse(word)
	return slices.Contains([]string{"tel", "hp", "phone", "mobile", "call", "t", "h", "m", "p"}, string(word))
}

// number reads the digits from glyph i on.
func (t *Text) number(i int) number {
	n := number{from: i}
	group := []byte{}
	end := i
	close := func() {
		if len(group) > 0 {
			n.groups, n.ends = append(n.groups, string(group)), append(n.ends, end)
			group = nil
		}
	}
	between, digits, odd := 0, 0, false
	for j, size := i, 1; j < len(t.glyphs) && digits < mostDigits; j += size {
		if j > i && t.glyphs[j].before == block {
			break
		}
		var d byte
		var plain bool
		d, size, plain = t.digitAt(j)
		if d == 0 {
			if r := t.glyphs[j].r; class(r) != other && r != 0x1173 && r != 'ー' { // ㅡ and ー, written for a dash
				break
			}
			if between++; between > mostBetween {
				break
			}
			odd = odd || t.glyphs[j].r != '-' && t.glyphs[j].r != '.' && t.glyphs[j].r != ':'
			if t.glyphs[j].r != '+' || j > i {
				close()
			}
			continue
		}
		if between > 0 || j > i && t.glyphs[j].before != None {
			close()
		}
		n.odd = n.odd || odd
		if between = 0; plain {
			n.real++
		} else {
			n.evasion = disguise.Lookalike
		}
		group, end = append(group, d), j+size
		digits++
	}
	close()
	if len(n.groups) == 0 {
		n.groups, n.ends = []string{""}, []int{i + 1}
	}
	n.to = n.ends[len(n.ends)-1]
	return n
}

// classify says what a number is of and where it ends, the class empty if it is of none that rules look for.
func (t *Text) classify(n number) (NumberClass, int) {
	mobile, account := phone(n), n.account()
	if mobile == 0 && account == 0 {
		return "", 0
	}
	around := t.around(n)
	if hasAny(around, "주문번호", "송장", "등기", "모델", "품번", "인증번호", "상품번호", "상품코드", "바코드", "시리얼", "사업자", "허가번호", "승인번호", "예)", "예시", "형식",
		"sku", "isbn") {
		return "", 0
	}
	if mobile > 0 {
		return Phone, mobile
	}
	if account > 0 && (hasAny(around, "계좌", "입금") || t.bank(n, account)) {
		return Account, account
	}
	return "", 0
}

// phone is where a mobile telephone number ends, 0 if it is none. Its digits
// may be grouped anyhow, but it ends where a group does.
func phone(n number) int {
	digits := ""
	for i, g := range n.groups {
		digits += g
		local := digits
		for _, country := range []string{"0082", "82"} {
			if rest, ok := strings.CutPrefix(local, country); ok && len(rest) > 8 {
				local = "0" + strings.TrimPrefix(rest, "0")
				break
			}
		}
		if len(local) < 10 || len(local) > 11 || local[0] != '0' || local[1] != '1' || !strings.ContainsRune("016789", rune(local[2])) {
			continue
		}
		if local[2] == '0' && len(local) != 11 || n.real == 0 && len(n.groups) == 1 {
			continue
		}
		if strings.Trim(local[3:], local[len(local)-1:]) == "" { // a placeholder
			return 0
		}
		return n.ends[i]
	}
	return 0
}

// account is where digits that may be an account's end, 0 if they cannot be.
func (n number) account() int {
	if n.evasion != 0 || n.odd {
		return 0
	}
	g := n.groups
	date := (strings.HasPrefix(g[0], "19") || strings.HasPrefix(g[0], "20")) && len(g[0]) == 4 && len(g) > 1 && len(g[1]) <= 2
	landline := g[0] == "02" || len(g[0]) == 3 && g[0][0] == '0' && len(g) == 3 && len(g[2]) == 4 || len(g[0]) == 4 &&
		g[0][0] == '1' && strings.ContainsRune("5678", rune(g[0][1])) && len(g) == 2
	business := len(g) >= 3 && len(g[0]) == 3 && len(g[1]) == 2 && len(g[2]) == 5
	card := len(g) >= 4 && len(g[0]) == 4 && len(g[1]) == 4 && len(g[2]) == 4 && len(g[3]) == 4
	if date || landline || business || card {
		return 0
	}
	total := 0
	for i, digits := range g {
		if total += len(digits); total > 16 {
			break
		}
		last := i+1 == len(g)
		if total >= 10 && (len(g) > 1 || total >= 11) && (last || total+len(g[i+1]) > 14) {
			return n.ends[i]
		}
	}
	return 0
}

// banks in full, and those whose short names are words of their own and must begin one.
var (
	banks = []string{"은행", "뱅크", "농협", "새마을", "우체국", "신협", "수협", "sc제일", "카뱅", "토뱅", "케뱅", "kb", "nh", "ibk", "국민", "신한", "기업",
		"하나", "우리"}
	shortBanks = 4 // of these at the end
)

// bank says whether a bank is named shortly before the number or right behind it.
func (t *Text) bank(n number, to int) bool {
	for _, at := range [][2]int{{max(0, n.from-beside), n.from}, {to, min(len(t.glyphs), to+6)}} {
		for i := at[0]; i < at[1]; i++ {
			for k, b := range banks {
				name := []rune(b)
				if i+len(name) > at[1] || !t.spells(i, name) {
					continue
				}
				short := k >= len(banks)-shortBanks
				const nearest = 6 // with a name between
				if !short || t.beginsWord(i) && (i >= n.from-nearest) && (i+len(name) == at[1] || !t.close(i+len(name)) ||
					!korean.IsSyllable(t.glyphs[i+len(name)].r)) {
					return true
				}
			}
		}
	}
	return false
}

func (t *Text) spells(i int, name []rune) bool {
	for k, r := range name {
		if t.glyphs[i+k].r != r || k > 0 && t.glyphs[i+k].before == block {
			return false
		}
	}
	return true
}

// around spells what stands around a number, without white space.
func (t *Text) around(n number) string {
	var b strings.Builder
	for i := max(0, n.from-beside); i < n.from; i++ {
		if t.glyphs[i].before == block {
			b.Reset()
		}
		b.WriteRune(t.glyphs[i].r)
	}
	if n.from < len(t.glyphs) && t.glyphs[n.from].before == block {
		b.Reset()
	}
	b.WriteByte(' ')
	for i := n.to; i < min(len(t.glyphs), n.to+8) && t.glyphs[i].before != block; i++ {
		b.WriteRune(t.glyphs[i].r)
	}
	return b.String()
}

func hasAny(s string, any ...string) bool {
	return slices.ContainsFunc(any, func(a string) bool { return strings.Contains(s, a) })
}
