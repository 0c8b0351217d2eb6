package match

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// met looks for words, as a pack writes them, and spells each place that is met,
// with the disguise that was undone.
func met(t *testing.T, text string, o Options, words ...string) (got []string) {
	t.Helper()
	p, err := NewDictionary().Words(words, o)
	if err != nil {
		t.Fatal(err)
	}
	read := Read(Plain(text))
	for _, s := range read.Choose(p.Find(read, Line), nil) {
		quote, _, _ := read.Place(s)
		if e := s.Evasion.String(); e != "" {
			quote = e + ":" + quote
		}
		got = append(got, quote)
	}
	return got
}

// A short word is one only where a word begins: as read, or unspaced behind
// another that is known.
func TestShortWordsBeginWhereWordsBegin(t *testing.T) {
	for _, tt := range []struct {
		text, word string
		hit        bool
	}{
		{"국내 유일", "유일", true}, {"국내유일", "유일", true}, {"유일한", "유일", true}, {"BEST유일", "유일", true},
		{"자유일정", "유일", false}, {"두유일 경우", "유일", false}, {"석유일 가능성", "유일", false}, {"공유 일정", "유일", false},
		{"주야동일", "야동", false}, {"야 동", "야동", true}, {"영양사 추천식단", "천식", false}, {"무농약효소", "약효", false},
		{"주 최 고 객 감 사", "최고", false}, {"최 고 의 품 질", "최고", true}, {"국 내 유 일", "유일", true},
		{"까다로운 조건만 남겼습니다", "조건 만남", false}, {"조건 만남", "조건 만남", true}, {"조 건 만 남", "조건 만남", true}, {"조건만남을", "조건 만남", true},
		{"주인공이 여성인 동영상", "성인 동영상", false}, {"성인동영상", "성인 동영상", true},
		{"국내의 사본", "의사", false}, {"국내의사", "의사", true}, {"암을 예방", "암", true}, {"암모니아", "암", false}, {"암막 커튼", "암", false}, {"주암호",
			"암", false},
		{"ㅋㅌ", "ㅋㅌ", true}, {"ㅋㅋㅌㅋ", "ㅋㅌ", false},
	} {
		if got := met(t, tt.text, Options{}, tt.word, "국내"); (len(got) > 0 && got[len(got)-1] != "국내" && got[len(got)-1] != "국 내") != tt.hit {
			t.Errorf("%s in %q: %q, want a hit %t", tt.word, tt.text, got, tt.hit)
		}
	}
}

func TestEdgesAsAsked(t *testing.T) {
	for _, tt := range []struct {
		text string
		o    Options
		word string
		hit  bool
	}{
		{"popporno", Options{}, "porn", false}, {"pornhub", Options{}, "porn", false},
		{"pornhub", Options{Ends: Anywhere}, "porn", true}, {"popporn", Options{Begins: Anywhere}, "porn", true},
		{"자유일정", Options{Begins: Anywhere}, "유일", true}, {"국산삼겹살", Options{Begins: AtWord}, "삼겹살", false}, {"국산삼겹살", Options{},
			"삼겹살", true},
		{"라인 아이디어", Options{Ends: AtWord}, "라인 아이디", false}, {"라인 아이디는", Options{Ends: AtWord}, "라인 아이디", true},
	} {
		if got := met(t, tt.text, tt.o, tt.word); (len(got) > 0) != tt.hit {
			t.Errorf("%s in %q with %+v: %q, want a hit %t", tt.word, tt.text, tt.o, got, tt.hit)
		}
	}
}

func TestStemsStandBeforeEveryEnding(t *testing.T) {
	for text, want := range map[string][]string{
		"혈압을 낮춰 줍니다": {"낮춰"}, "낮추는": {"낮추"}, "낮췄다": {"낮췄"}, "낮은 온도": nil, "염증을 가라앉혀": {"가라앉혀"}, "싹 나았어요": {"나았"}, "더 나쁜": nil,
	} {
		if d := cmp.Diff(want, met(t, text, Options{}, "낮추~", "가라앉히~", "낫~")); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

func TestDisguises(t *testing.T) {
	for _, tt := range []struct{ text, word, want string }{
		{"필_로_폰 팝니다", "필로폰", "symbols:필_로_폰"}, {"카.톡 주세요", "카톡", "symbols:카.톡"}, {"최~고의 품질", "최고", "symbols:최~고"}, {"최~~~~고", "최고",
			"symbols:최~~~~고"},
		{"씨@발", "씨발", "symbols:씨@발"}, {"튼 / 살 / 크림", "튼살", "symbols:튼 / 살"}, {"c.u.r.e", "cure", "symbols:c.u.r.e"},
		{"카ㅌㅗㄱ", "카톡", "jamo:카ㅌㅗㄱ"}, {"ㅋㅏ톡", "카톡", "jamo:ㅋㅏ톡"}, {"제ㄱㅓ 크림", "제거", "jamo:제ㄱㅓ"}, {"치ㄹㅛ", "치료", "jamo:치ㄹㅛ"},
		{"ㅌㄹㄱㄹ 문의", "텔레그램", "initials:ㅌㄹㄱㄹ"}, {"필ㄹ폰", "필로폰", "initials:필ㄹ폰"}, {"ㅅ발", "시발", "initials:ㅅ발"},
		{"сures асnе", "cures acne", "lookalike:сures асnе"}, {"t3legram", "telegram", "lookalike:t3legram"}, {"k@kao", "kakao",
			"lookalike:k@kao"},
		{"zkxhr 문의", "카톡", "keyboard:zkxhr"}, {"카카5톡", "카카오톡", "lookalike:카카5톡"}, {"카l톡", "카톡", "symbols:카l톡"}, {"🅺🅰🅺🅰🅾", "kakao",
			"lookalike:🅺🅰🅺🅰🅾"}, {"ᴛᴇʟᴇɢʀᴀᴍ", "telegram", "lookalike:ᴛᴇʟᴇɢʀᴀᴍ"}, {"치이이료오", "치료", "stretched:치이이료오"}, {"curesss",
			"cures", ""}, {"最高", "최고", "hanja:最高"}, {"고혈압 治療", "치료", "hanja:治療"},
		{"1OO% 만족", "100%", "ocr:1OO%"}, {"l00%", "100%", "ocr:l00%"}, {"판매 I위", "1위", "ocr:I위"},
		{"뗄레그람 방", "텔레그람", "sound:뗄레그람"}, {"위꼬비 팝니다", "위고비", "sound:위꼬비"}, {"보쟝합니다", "보장", "sound:보쟝"}, {"협 챡 증", "협착증", "sound:협 챡 증"},
		{"보_쟝", "보장", "symbols:보_쟝"}, {"췌고", "최고", "sound:췌고"}, {"皮膚再生", "피부 재생", "hanja:皮膚再生"},
		// What looks like one and is none.
		{"빠르고 가벼운", "바르고", ""}, {"치우고", "지우고", ""}, {"꼬기", "고기", ""}, {"ㅇㅅㅇ", "암세포", ""}, {"ㅇㅅㅇ", "안심용", ""},
		{"분야, 동향", "야동", ""}, {"10mg", "long", ""}, {"최. 고객", "최고", ""}, {"ㅋㅋㅋ", "크크크", ""}, {"주최.고객", "최고", ""}, {"여드름/치료",
			"여드름 치료", ""}, {"100 OK", "1000", ""}, {"Part no. T3L-3GR4M", "telegram", ""},
	} {
		got := strings.Join(met(t, tt.text, Options{Evasion: AllEvasion}, tt.word), " ")
		if got != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.word, tt.text, got, tt.want)
		}
	}
	if got := met(t, "필_로_폰", Options{}, "필로폰"); got != nil {
		t.Errorf("found %q through a disguise that was not asked for", got)
	}
}

func TestNear(t *testing.T) {
	for _, tt := range []struct {
		text string
		any  bool
		want string
	}{
		{"혈압을 확 낮춰 줍니다", false, "혈압을 확 낮춰"}, {"혈압을\n낮추는", false, "혈압을 낮추"}, {"혈압을 낮추는 혈압을 재는", false, "혈압을 낮추"},
		{"낮추는 혈압", false, ""}, {"낮추는 혈압", true, "낮추는 혈압"}, {"혈압입니다. 낮추는", false, ""}, {"혈압이 높습니다 낮추는", false, ""},
		{"혈압을 아주 천천히 그리고 오래 낮추는", false, ""},
		{"혈압, 낮추기", false, "혈압, 낮추"}, {"혈압\n\n낮추는", false, ""}, {"혈1압 낮추는", false, ""},
	} {
		d := NewDictionary()
		a, _ := d.Group([]string{"혈압"}, Options{})
		b, err := d.Group([]string{"낮추~"}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		text := Read(Plain(tt.text))
		got := ""
		for _, s := range text.Choose(d.Near(Near{Parts: []Group{a, b}, Within: 8, Any: tt.any}).Find(text, Line), nil) {
			got, _, _ = text.Place(s)
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestClauses(t *testing.T) {
	for text, want := range map[string]string{
		"치료제가 아닙니다만 완치합니다": "치료제가 아닙니다만|완치합니다", "약이 아닙니다. 낫습니다": "약이 아닙니다.|낫습니다", "쓰지 마세요 완치": "쓰지 마세요|완치",
		"치료제와 함께 쓰고, 완치": "치료제와 함께 쓰고,|완치", "습진, 피부염 등": "습진, 피부염 등", "당뇨가 있거나, 혈압": "당뇨가 있거나, 혈압", "1.5배 www.a.kr": "1.5배 www.a.kr",
		"필요한 것": "필요한 것", "최고! 최고": "최고!|최고", "판매 1위 (2024년 1~6월, 집계)": "판매 1위 (2024년 1~6월, 집계)", "효과\n있음": "효과 있음",
		"\"낫는다\"는 말은 못 합니다": "\"낫는다\"는 말은 못 합니다",
	} {
		read := Read(Plain(text))
		var got []string
		for from := 0; from < read.Len(); {
			_, to := read.Clause(Span{From: from, To: from + 1})
			quote, _, _ := read.Place(Span{From: from, To: to})
			got = append(got, quote)
			from = to
		}
		if g := strings.Join(got, "|"); g != want {
			t.Errorf("%q: %q, want %q", text, g, want)
		}
	}
}

func TestOr(t *testing.T) {
	for text, want := range map[string]bool{"완치나 예방을": true, "완치하거나 예방을": true, "치매를 막거나 고치지": true, "치매를 막고 고치지": false, "완치 예방을": false, "완치나무": false, "완치를 나누는": false} {
		if got := Read(Plain(text)).Or(2); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

// Whatever is read, what is met lies in the text, in order of position, and
// looking for one word more changes nothing about the others.
func TestDictionaryFindsTheSameWithMoreWords(t *testing.T) {
	pieces := []string{"최", "고", "카", "톡", "ㅋ", "ㅏ", "_", ".", " ", "\n", "1", "0", "O", "%", "zkxhr", "最", "이", "료", "치", "필로폰", "а"}
	words := []string{"최고", "카톡", "치료", "필로폰", "100%", "no"}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "text"), "")
		text := Read(Plain(s))
		alone, all := NewDictionary(), NewDictionary()
		w := rapid.SampledFrom(words).Draw(t, "word")
		o := Options{Begins: Inside, Ends: Inside, Evasion: AllEvasion &^ Initials}
		one, err := alone.Words([]string{w}, o)
		if err != nil {
			t.Fatal(err)
		}
		var same Pattern
		for _, other := range words {
			p, err := all.Words([]string{other}, o)
			if err != nil {
				t.Fatal(err)
			}
			if other == w {
				same = p
			}
		}
		places := func(p Pattern) (at [][2]int) {
			last := -1
			for _, s := range p.Find(text, Line) {
				if s.From < last || s.To <= s.From || s.To > text.Len() {
					t.Fatalf("span %+v after one at %d in a text of %d", s, last, text.Len())
				}
				last = s.From
				if s.Evasion == 0 {
					at = append(at, [2]int{s.From, s.To})
				}
			}
			return at
		}
		if d := cmp.Diff(places(one), places(same)); d != "" {
			t.Fatalf("%q in %q: %s", w, s, d)
		}
	})
}
