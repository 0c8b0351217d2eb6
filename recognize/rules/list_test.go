package rules

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

func loadList(t testing.TB, name, data string) (*Set, error) {
	t.Helper()
	return Load(fstest.MapFS{name: {Data: []byte(data)}}, name)
}

func TestListOfWordsIsAPack(t *testing.T) {
	for _, tt := range []struct {
		name, file, data string
		text, category   string
		want             []string
	}{
		{"a word a line", "shop-words.txt", "기적의 크림\n대박 상품\n", "이 기적의크림", "", []string{"shop-words.words-1 review 금칙어 기적의 크림"}},
		{"BOM, CRLF, comments, blank lines", "w.txt", "\ufeff# 우리 목록\r\n\r\n기적의 크림\r\n", "기적의 크림", "",
			[]string{"w.words-1 review 금칙어 기적의 크림"}},
		{"defaults in comments", "w.txt", "# pack: mine\n# severity: high\n# message: 안 됨\n기적의 크림\n", "기적의 크림", "",
			[]string{"mine.words-1 high 안 됨 기적의 크림"}},
		{"columns", "w.csv", "phrase,severity,message,category\n기적의 크림,high,안 됨,\n대박,,,식품\n", "대박 기적의 크림", "food",
			[]string{"w.words-2 review 금칙어 대박", "w.words-1 high 안 됨 기적의 크림"}},
		{"a category that is not the page's", "w.csv", "phrase,category\n대박,식품\n", "대박", "cosmetics", nil},
		{"a disguise", "w.txt", "기적의 크림\n", "기_적_의 크림", "", []string{"w.words-1 review 금칙어 기적의 크림"}},
		{"a stem", "w.txt", "뿌리뽑~\n", "뿌리뽑아 드립니다", "", []string{"w.words-1 review 금칙어 뿌리뽑"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := loadList(t, tt.file, tt.data)
			if err != nil {
				t.Fatal(err)
			}
			findings, err := s.Inspect(match.Plain(tt.text), Query{Category: tt.category, At: march})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range findings {
				got = append(got, fmt.Sprintf("%s %s %s %s", f.Rule, f.Severity, f.Message, f.Pattern))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestListSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ file, data, want string }{
		{"w.csv", "word\n가나\n", `w.csv:1: unknown column "word"; the columns are phrase, severity`},
		{"w.csv", "phrase,severity\n가나다,High\n", `w.csv:2: severity: "High" is none of high, review, info`},
		{"w.txt", "", "w.txt: is empty; a list has a word a line"},
		{"w.txt", "\xb1\xb9", "save it as UTF-8"},
		{"금칙어.txt", "가나다\n", `say "# pack: mine" in it`},
	} {
		if _, err := loadList(t, tt.file, tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: error %v, want one with %q", tt.file, tt.data, err, tt.want)
		}
	}
}

// Marketplaces keep lists of a hundred thousand words.
func TestLongListLoadsAndFinds(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "금칙어%d번 %d호\n", i, i%7)
	}
	start := time.Now()
	s, err := loadList(t, "long.txt", b.String())
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	findings, err := s.Inspect(match.Plain("이 금칙어99999번 4호 상품"), Query{At: march})
	if err != nil || len(findings) != 1 {
		t.Fatalf("%v, %v", findings, err)
	}
	t.Logf("100,000 words loaded in %v", took)
	if took > 20*time.Second { // a second on a machine of one's own
		t.Errorf("took %v", took)
	}
}
