package layout

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// set sets a line in type of a height: its ink is that high, a syllable about
// as wide, a space a third of it.
func set(x, y, height float64, text string) []result.Word {
	var words []result.Word
	fields := strings.Fields(text)
	for i, f := range fields {
		w := result.Word{Text: f, Confidence: 0.9, Space: i+1 < len(fields)}
		w.Box = page.Box{X: x, Y: y, W: height * width(f), H: height}
		x += w.Box.W + height/3
		words = append(words, w)
	}
	return words
}

func width(text string) (em float64) {
	for _, r := range text {
		if r < 0x80 {
			em += 0.55
		} else {
			em++
		}
	}
	return em
}

// turned sets a line that runs down (frame 1) or up (frame 3) from x, y.
func turned(f frame, x, y, height float64, text string) []result.Word {
	words := set(0, 0, height, text)
	for i := range words {
		b := words[i].Box
		if f == 1 {
			words[i].Box = page.Box{X: x, Y: y + b.X, W: b.H, H: b.W}
		} else {
			words[i].Box = page.Box{X: x, Y: y - b.X - b.W, W: b.H, H: b.W}
		}
		b = words[i].Box
		corners := []result.Point{{X: b.Right(), Y: b.Y}, {X: b.Right(), Y: b.Bottom()}, {X: b.X, Y: b.Bottom()}, {X: b.X, Y: b.Y}}
		if f == 3 {
			corners = []result.Point{{X: b.X, Y: b.Bottom()}, {X: b.X, Y: b.Y}, {X: b.Right(), Y: b.Y}, {X: b.Right(), Y: b.Bottom()}}
		}
		words[i].Polygon = corners
	}
	return words
}

// lines sets lines of one size below each other.
func lines(x, y, height, pitch float64, texts ...string) [][]result.Word {
	var out [][]result.Word
	for i, t := range texts {
		out = append(out, set(x, y+float64(i)*pitch, height, t))
	}
	return out
}

func all(parts ...[][]result.Word) [][]result.Word {
	var out [][]result.Word
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// spelled is a line for each line, and "--" between blocks.
func spelled(ls []result.Line) []string {
	var out []string
	for i, l := range ls {
		if i > 0 && l.Block != ls[i-1].Block {
			out = append(out, "--")
		}
		out = append(out, l.Text)
	}
	return out
}

var pages = []struct {
	name string
	runs [][]result.Word
	want string // lines apart by |, blocks by ||
}{
	{"two columns of unequal line heights", all(
		lines(40, 100, 16, 26, "왼쪽 단의 첫째 줄은 이만큼 길고", "둘째 줄도 그만큼 길게 이어져서", "셋째 줄에서 끝난다"),
		lines(500, 104, 14, 23, "오른쪽 단의 첫째 줄은 조금 작은", "글자로 되어 있어서 줄이 서로", "맞지 않고 넷째 줄까지 이어져", "여기서 끝난다")),
		"왼쪽 단의 첫째 줄은 이만큼 길고|둘째 줄도 그만큼 길게 이어져서|셋째 줄에서 끝난다||오른쪽 단의 첫째 줄은 조금 작은|글자로 되어 있어서 줄이 서로|맞지 않고 넷째 줄까지 이어져|여기서 끝난다"},
	{"two columns whose lines stand level", all(
		lines(40, 100, 16, 26, "왼쪽 단의 첫째 줄은 이만큼 길고", "둘째 줄도 그만큼 길게 이어져서", "셋째 줄에서 끝난다"),
		lines(500, 100, 16, 26, "오른쪽 단의 첫째 줄은 이만큼", "둘째 줄도 그만큼 길게 이어지고", "여기서 끝난다")),
		"왼쪽 단의 첫째 줄은 이만큼 길고|둘째 줄도 그만큼 길게 이어져서|셋째 줄에서 끝난다||오른쪽 단의 첫째 줄은 이만큼|둘째 줄도 그만큼 길게 이어지고|여기서 끝난다"},
	{"columns of two paragraphs with a strip between them by chance", all(
		lines(40, 100, 16, 26, "왼쪽 첫 문단은 두 줄로 이렇게 이어지고", "여기서 끝난다"), lines(40, 204, 16, 26, "왼쪽 둘째 문단은 훨씬 아래에서 시작하고", "세 줄이고", "여기서 끝난다"),
		lines(500, 116, 16, 26, "오른쪽 첫 문단은 조금 아래에서 시작한다", "여기서 끝난다"), lines(500, 188, 16, 26, "오른쪽 둘째 문단은 조금 위에서 시작한다", "두 줄이고", "여기서 끝난다")),
		"왼쪽 첫 문단은 두 줄로 이렇게 이어지고|여기서 끝난다||왼쪽 둘째 문단은 훨씬 아래에서 시작하고|세 줄이고|여기서 끝난다||오른쪽 첫 문단은 조금 아래에서 시작한다|여기서 끝난다||오른쪽 둘째 문단은 조금 위에서 시작한다|두 줄이고|여기서 끝난다"},
	{"spec table of two columns", all(
		lines(60, 100, 15, 42, "제품명", "용량", "제조국"), lines(260, 100, 15, 42, "글로우 수분 앰플", "50ml x 2개", "대한민국")),
		"제품명||글로우 수분 앰플||용량||50ml x 2개||제조국||대한민국"},
	{"tight spec table of two columns", all(
		lines(60, 100, 15, 26, "제품명", "용량", "제조국"), lines(260, 100, 15, 26, "글로우 수분 앰플", "50ml x 2개", "대한민국")),
		"제품명||글로우 수분 앰플||용량||50ml x 2개||제조국||대한민국"},
	{"tight spec table of four columns", all(
		lines(60, 100, 15, 26, "제품명", "용량"), lines(260, 100, 15, 26, "글로우 앰플", "50ml"),
		lines(660, 100, 15, 26, "제조국", "배송비"), lines(860, 100, 15, 26, "대한민국", "무료")),
		"제품명||글로우 앰플||제조국||대한민국||용량||50ml||배송비||무료"},
	{"table of three columns with a value of two lines beside a label in the middle", all(
		lines(60, 100, 15, 50, "제품명"), lines(60, 160, 15, 50, "전성분"), lines(60, 222, 15, 50, "제조국"),
		lines(260, 100, 15, 50, "앰플"), lines(260, 149, 15, 22, "정제수, 글리세린,", "판테놀"), lines(260, 222, 15, 50, "한국"),
		lines(560, 100, 15, 50, "50ml"), lines(560, 160, 15, 50, "100ml"), lines(560, 222, 15, 50, "-")),
		"제품명||앰플||50ml||전성분||정제수, 글리세린,|판테놀||100ml||제조국||한국||-"},
	{"tight table with a value of two lines", all(
		lines(60, 100, 15, 28, "제품명", "전성분"), lines(60, 178, 15, 28, "제조국"),
		lines(260, 100, 15, 28, "앰플"), lines(260, 128, 15, 22, "정제수, 글리세린,", "판테놀"), lines(260, 178, 15, 28, "한국")),
		"제품명||앰플||전성분||정제수, 글리세린,|판테놀||제조국||한국"},
	{"centred banner above columns", all(
		lines(300, 20, 48, 60, "국내 판매 1위"), lines(420, 90, 20, 30, "여드름 치료 효과"),
		lines(40, 200, 16, 26, "왼쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다"), lines(700, 200, 16, 26, "오른쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다"),
		lines(350, 320, 36, 60, "지금 구매하기")),
		"국내 판매 1위||여드름 치료 효과||왼쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다||오른쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다||지금 구매하기"},
	{"heading close above two columns", all(
		lines(40, 20, 20, 60, "이것은 두 단에 걸쳐 놓인 제법 긴 제목입니다 정말로 길지요"),
		lines(40, 60, 16, 26, "왼쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다"), lines(400, 60, 16, 26, "오른쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다")),
		"이것은 두 단에 걸쳐 놓인 제법 긴 제목입니다 정말로 길지요||왼쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다||오른쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다"},
	{"price in large figures", all(
		lines(40, 100, 36, 0, "39,900"), lines(165, 118, 16, 0, "원"), lines(260, 116, 16, 0, "59,000원"), lines(40, 160, 14, 0, "무료 배송")),
		"39,900원||59,000원||무료 배송"},
	{"two small lines beside a large figure", all(
		lines(40, 100, 60, 0, "30%"), lines(150, 104, 16, 30, "오늘만 할인", "내일은 없음")),
		"30%||오늘만 할인|내일은 없음"},
	{"two parts of a line", all(lines(40, 100, 20, 0, "국내"), lines(87, 101, 20, 0, "판매 1위")), "국내 판매 1위"},
	{"line close below two columns", all(
		lines(40, 100, 16, 26, "왼쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다 정말로"), lines(400, 100, 16, 26, "오른쪽 단의 첫째 줄은 이만큼", "길고 여기서 끝난다 정말로"),
		lines(40, 152, 16, 26, "두 단 아래에 놓인 제법 긴 줄입니다 정말로 길어서 두 단을 다 덮지요")),
		"왼쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다 정말로||오른쪽 단의 첫째 줄은 이만큼|길고 여기서 끝난다 정말로||두 단 아래에 놓인 제법 긴 줄입니다 정말로 길어서 두 단을 다 덮지요"},
	{"columns that begin level and go on apart", all(
		lines(40, 100, 16, 26, "왼쪽 첫 문단은 이만큼", "여기서 끝난다"), lines(40, 190, 16, 26, "왼쪽 둘째 문단은", "세 줄이고", "끝난다"),
		lines(500, 100, 16, 26, "오른쪽 첫 문단은 이만큼", "여기서 끝난다"), lines(500, 172, 16, 26, "오른쪽 둘째 문단은", "두 줄로 끝난다")),
		"왼쪽 첫 문단은 이만큼|여기서 끝난다||왼쪽 둘째 문단은|세 줄이고|끝난다||오른쪽 첫 문단은 이만큼|여기서 끝난다||오른쪽 둘째 문단은|두 줄로 끝난다"},
	{"row of two fields far above two columns of text", all(
		lines(60, 100, 15, 60, "하나"), lines(660, 100, 15, 60, "여섯"),
		lines(40, 400, 14, 22, "왼쪽 단의 첫째 줄은 이만큼 길고", "둘째 줄도 그만큼 길게 이어진다"), lines(540, 412, 20, 32, "오른쪽 단은 큰 글자로", "세 줄에 걸쳐서", "놓여 있습니다")),
		"하나||여섯||왼쪽 단의 첫째 줄은 이만큼 길고|둘째 줄도 그만큼 길게 이어진다||오른쪽 단은 큰 글자로|세 줄에 걸쳐서|놓여 있습니다"},
	{"table whose lines touch", all(
		lines(60, 100, 16, 15, "제품명", "용량", "제조국"), lines(260, 100, 16, 15, "글로우 수분 앰플", "50ml x 2개", "대한민국")),
		"제품명||글로우 수분 앰플||용량||50ml x 2개||제조국||대한민국"},
	{"right-aligned column", all(
		lines(40, 100, 16, 44, "상품금액", "배송비", "합계"),
		[][]result.Word{set(900-5.95*16, 100, 16, "39,900 원"), set(900-16*4.85, 144, 16, "2,500 원"), set(900-16*5.95, 188, 16, "42,400 원")}),
		"상품금액||39,900 원||배송비||2,500 원||합계||42,400 원"},
	{"table beside a caption", all(
		lines(40, 190, 14, 22, "사진은 이해를 돕기 위한", "것으로 실제와 다를 수", "있습니다"),
		lines(460, 100, 15, 42, "제품명", "용량", "제조국", "배송비", "문의"), lines(660, 100, 15, 42, "글로우 수분 앰플", "50ml x 2개", "대한민국", "무료", "1588-0000")),
		"사진은 이해를 돕기 위한|것으로 실제와 다를 수|있습니다||제품명||글로우 수분 앰플||용량||50ml x 2개||제조국||대한민국||배송비||무료||문의||1588-0000"},
	{"cards", all(
		lines(40, 100, 20, 0, "피부과 추천"), lines(40, 132, 14, 22, "자연에서 얻은 순한 원료로", "하루 종일 촉촉합니다"),
		lines(440, 100, 20, 0, "임상 시험"), lines(440, 132, 14, 22, "세안 후 적당량을 덜어", "얼굴에 펴 바릅니다"),
		lines(840, 100, 20, 0, "당일 발송"), lines(840, 132, 14, 22, "오후 두 시 전에 사면", "오늘 나갑니다")),
		"피부과 추천|자연에서 얻은 순한 원료로|하루 종일 촉촉합니다||임상 시험|세안 후 적당량을 덜어|얼굴에 펴 바릅니다||당일 발송|오후 두 시 전에 사면|오늘 나갑니다"},
	{"names over prices, two rows, the last one not full", all(
		lines(40, 100, 26, 0, "수분 크림"), lines(40, 136, 14, 0, "39,900원"), lines(440, 100, 26, 0, "미백 앰플"), lines(440, 136, 14, 0, "29,900원"),
		lines(40, 400, 26, 0, "탈모 샴푸"), lines(40, 436, 14, 0, "19,900원")),
		"수분 크림||39,900원||미백 앰플||29,900원||탈모 샴푸||19,900원"},
	{"text that runs up beside a paragraph", all(
		[][]result.Word{turned(3, 10, 230, 20, "한정 판매 중")}, lines(60, 100, 16, 26, "여드름 치료에 좋다고", "알려진 크림입니다")),
		"한정 판매 중||여드름 치료에 좋다고|알려진 크림입니다"},
	{"two lines that run down, the first on the right", [][]result.Word{
		turned(1, 70, 100, 20, "둘째 줄"), turned(1, 100, 100, 20, "첫째 줄은")},
		"첫째 줄은|둘째 줄"},
}

func TestArrange(t *testing.T) {
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			want := strings.Split(strings.ReplaceAll(p.want, "||", "|--|"), "|")
			if d := cmp.Diff(want, spelled(Arrange(p.runs))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestOrderDoesNotDependOnTheEngines: whatever order the engine reads the lines
// in, and however it jitters, the page reads the same.
func TestOrderDoesNotDependOnTheEngines(t *testing.T) {
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			want := spelled(Arrange(p.runs))
			for seed := range uint64(50) {
				r := rand.New(rand.NewPCG(seed, 1))
				runs := make([][]result.Word, len(p.runs))
				for i, k := range r.Perm(len(runs)) {
					for _, w := range p.runs[k] {
						w.Box.X += 2*r.Float64() - 1
						w.Box.Y += 2*r.Float64() - 1
						runs[i] = append(runs[i], w)
					}
				}
				if d := cmp.Diff(want, spelled(Arrange(runs))); d != "" {
					t.Fatalf("seed %d (-want +got)\n%s", seed, d)
				}
			}
		})
	}
}

func TestLineOfTurnedText(t *testing.T) {
	got := Arrange([][]result.Word{turned(1, 100, 50, 20, "한정 판매")})
	last := 50 + 20*(4+1/3.0)
	want := []result.Point{{X: 120, Y: 50}, {X: 120, Y: last}, {X: 100, Y: last}, {X: 100, Y: 50}}
	if d := cmp.Diff(want, got[0].Polygon); d != "" || got[0].Text != "한정 판매" {
		t.Errorf("%q (-want +got)\n%s", got[0].Text, d)
	}
	if level := Arrange([][]result.Word{set(0, 0, 20, "한정 판매")}); level[0].Polygon != nil {
		t.Errorf("a level line has the polygon %v", level[0].Polygon)
	}
}

// TestConfidenceIsWeighted by the length of the words.
func TestConfidenceIsWeighted(t *testing.T) {
	words := set(0, 0, 20, "가 나다라")
	words[0].Confidence, words[1].Confidence = 0.5, 0.9
	if got := Arrange([][]result.Word{words})[0].Confidence; got != 0.8 {
		t.Errorf("confidence %v, want 0.8 over %d characters", got, utf8.RuneCountInString("가나다라"))
	}
}
