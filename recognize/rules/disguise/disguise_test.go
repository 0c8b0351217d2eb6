package disguise

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// chars is a text as package match gives it: Close where no white space stands before.
func chars(s string) (all []Char) {
	close := false
	for _, r := range s {
		if r == ' ' || r == '\n' {
			close = false
			continue
		}
		all = append(all, Char{r, close})
		close = true
	}
	return all
}

func TestViews(t *testing.T) {
	for text, want := range map[string]string{
		"필_로_폰": "필로폰", "카\u1110\u1169\u1100": "카톡", "치이이료오": "치료", "최~~고": "최고", "curessss": "curess", "t3legram": "telegram",
		"сure": "cure", "最高의": "최고의",
		"1oo%": "ioo% 100%", "zkxhr": "카톡", "10mg": "", "최고의 품질": "", "i위": "1위", "튼 / 살": "튼살", "가나 / 다라": "",
	} {
		var got []string
		for _, v := range Views(chars(text)) {
			got = append(got, string(v.Runes))
		}
		if g := strings.Join(got, " "); !strings.Contains(g, want) || want == "" && g != "" {
			t.Errorf("%q: %q, want %q", text, g, want)
		}
	}
}

func TestTyped(t *testing.T) {
	for word, want := range map[string]string{"zkxhr": "카톡", "dkdlel": "아이디", "xpffprmfoa": "텔레그램", "hello": "", "dkssud": "안녕",
		"ekfr": "닭"} {
		got, _ := Typed([]rune(word))
		if string(got) != want {
			t.Errorf("%s: %q, want %q", word, string(got), want)
		}
	}
}

// Whatever is read, a view's characters come from the text, in its order.
func TestViewsComeFromTheText(t *testing.T) {
	pieces := []string{"최", "고", "카", "ᄏ", "ᅡ", "ᄐ", "_", ".", "~", " ", "1", "0", "o", "l", "%", "zkxhr", "最", "이", "치", "а", "a", "!"}
	rapid.Check(t, func(t *rapid.T) {
		text := chars(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "text"), ""))
		for _, v := range Views(text) {
			last := 0
			for i := range v.Runes {
				if v.From[i] < last || v.To[i] <= v.From[i] || v.To[i] > len(text) {
					t.Fatalf("character %d is of %d to %d after %d", i, v.From[i], v.To[i], last)
				}
				last = v.To[i]
				if v.Undone[i] == None && (v.To[i]-v.From[i] != 1 || text[v.From[i]].R != v.Runes[i]) {
					t.Fatalf("character %d was changed and nothing undone", i)
				}
			}
		}
	})
}
