package disguise

import "testing"

func TestStands(t *testing.T) {
	for _, tt := range []struct {
		text, word string
		want       Unlike
	}{
		{"뗄", "텔", Odd}, {"꼬", "고", Hard}, {"쟝", "장", Odd}, {"쳐", "처", Other}, {"챡", "착", Odd}, {"췌", "최", Odd}, {"뱡", "방", Odd},
		{"바", "빠", Other}, {"까", "나", Other}, {"가", "가", Other}, {"쎵", "성", Odd}, {"빠", "바", Hard}, {"치", "지", Softly},
	} {
		if got := Stands([]rune(tt.text)[0], []rune(tt.word)[0]); got != tt.want {
			t.Errorf("%s for %s: %d, want %d", tt.text, tt.word, got, tt.want)
		}
	}
	for a, b := range map[rune]rune{'쎅': '섹', '묙': '목', '꽃': '곳', '밥': '팝', '왜': '외', '없': '없'} {
		if SoundOf(a) != SoundOf(b) {
			t.Errorf("%c and %c sound alike", a, b)
		}
	}
}
