package disguise

import "testing"

func TestSound(t *testing.T) {
	for _, tt := range []struct {
		text, word  string
		harder, odd bool
	}{
		{"뗄", "텔", true, true}, {"꼬", "고", true, false}, {"쟝", "장", true, true}, {"쳐", "처", false, false}, {"챡", "착", true, true},
		{"바", "빠", false, false}, {"까", "나", false, false}, {"가", "가", false, false}, {"쎵", "성", true, true}, {"빠", "바", true, false},
	} {
		harder, odd := Harder([]rune(tt.text)[0], []rune(tt.word)[0])
		if harder != tt.harder || odd != tt.odd {
			t.Errorf("%s for %s: %t, %t; want %t, %t", tt.text, tt.word, harder, odd, tt.harder, tt.odd)
		}
	}
	for a, b := range map[rune]rune{'쎅': '섹', '묙': '목', '꽃': '곳', '밥': '팝', '왜': '외', '없': '없'} {
		if SoundOf(a) != SoundOf(b) {
			t.Errorf("%c and %c sound alike", a, b)
		}
	}
}
