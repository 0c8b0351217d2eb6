package korean

import (
	"slices"
	"strings"
	"testing"
)

func TestFormsBeginEveryEnding(t *testing.T) {
	for stem, spelled := range map[string]string{
		"가라앉히": "가라앉히는 가라앉혀 가라앉힌 가라앉힐 가라앉힙니다 가라앉혔습니다 가라앉힘",
		"낮추":   "낮추는 낮춰 낮춘 낮출 낮춥니다 낮췄어요 낮추어",
		"막아주":  "막아주는 막아줘 막아준 막아줍니다 막아줬다",
		"낫":    "낫는 낫습니다 나아 나은 나을 나았어요 나으면 낫게",
		"없애":   "없애는 없앤 없애 없앴다 없앱니다 없애줘요",
		"사라지":  "사라지는 사라져 사라진 사라졌어요 사라집니다",
		"좋":    "좋은 좋아 좋습니다 좋다 좋아요",
		"빠지":   "빠지는 빠져 빠진 빠집니다",
		"치료하":  "치료하는 치료해 치료했 치료한 치료합니다 치료하여",
		"줄이":   "줄이는 줄여 줄인 줄입니다",
		"흐르":   "흐르는 흘러 흘렀다 흐른",
		"모으":   "모으는 모아 모았다 모은",
		"따르":   "따르는 따라 따랐다",
		"쓰":    "쓰는 써 썼다 쓴",
		"가볍":   "가벼운 가벼워 가볍게 가벼웠다",
		"잡":    "잡는 잡아 잡은",
		"깨닫":   "깨닫는 깨달아",
		"되":    "되는 돼 됐다 된 됩니다",
		"만들":   "만드는 만들어 만듭니다 만든",
		"커지":   "커지는 커져 커진",
	} {
		forms := Forms(stem)
		for _, s := range strings.Fields(spelled) {
			if !slices.ContainsFunc(forms, func(f string) bool { return strings.HasPrefix(s, f) }) {
				t.Errorf("%s begins with none of %v", s, forms)
			}
		}
	}
	if got := Forms("kill"); len(got) != 1 {
		t.Errorf("a word that is not Korean has the forms %v", got)
	}
}

func TestParticle(t *testing.T) {
	for after, want := range map[string]int{"을 예": 1, "에서의": 2, "모니": 0, "": 0, "이며": 2} {
		if got := Particle([]rune(after)); got != want {
			t.Errorf("%q: %d, want %d", after, got, want)
		}
	}
}

func TestClosesClause(t *testing.T) {
	for word, want := range map[string]bool{"합니다": true, "마세요": true, "아닙니다만": true, "하지만": true, "마십시오": true, "필요": false,
		"바다": false, "만": false, "으나": true} {
		r := []rune(" " + word)
		if got := ClosesClause(r[len(r)-2], r[len(r)-1]); got != want {
			t.Errorf("%s: %t, want %t", word, got, want)
		}
	}
}
