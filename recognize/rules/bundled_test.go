package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

func bundledSet(t testing.TB) *Set {
	t.Helper()
	s, err := Bundled() // runs every rule's own tests
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A page as the engine reads it, syllables apart and lines wrapped.
const readPage = `촉 촉 한 수분 크림
여드름 치 료 효과 100 % 만 족
국내최고 피부과 전문의추천
문의는 카톡 아 이 디 bestshop 또는
010-1234-5678 로 연락 주세요
사용 시 주의사항`

func TestBundledOnAPageAsRead(t *testing.T) {
	s := bundledSet(t)
	for category, want := range map[string][]string{
		"cosmetics": {
			"cosmetics.drug-claim.acne 여드름 치 료", "ads.absolute.hundred 치 료 효과 100 %",
			"ads.superlative.best 최고", "cosmetics.endorsement.doctor 피부과 전문의추천",
			"contact.kakao 카톡 아 이 디", "contact.phone 010-1234-5678",
		},
		"": { // the text speaks of a cream
			"cosmetics.drug-claim.acne 여드름 치 료", "ads.absolute.hundred 치 료 효과 100 %", "ads.superlative.best 최고",
			"cosmetics.endorsement.doctor 피부과 전문의추천", "contact.kakao 카톡 아 이 디", "contact.phone 010-1234-5678",
		},
	} {
		findings, err := s.Inspect(match.Plain(readPage), Query{Category: category, At: march})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			got = append(got, f.Rule+" "+f.Quote)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("category %q (-want +got):\n%s", category, d)
		}
	}
}

// An honest page must pass with every pack, or reviewers stop reading.
func TestBundledPassesAnHonestPage(t *testing.T) {
	const honest = `피부 주름 개선 기능성 화장품
여드름성 피부에 사용 적합 (인체 적용 시험 완료)
면 100% 화장솜 증정, 행사 주최 고객센터 1588-1234
공유 일정과 배송 일정은 공지를 확인하세요
온라인 아이디로 로그인하면 적립금을 드립니다
최초 1회 첫 구매 쿠폰, 2024년 3월 21위
상처가 있는 부위 등에는 사용을 자제할 것
사용 시 주의사항: 전문의와 상담하십시오`
	s := bundledSet(t)
	for _, category := range []string{"", "cosmetics", "food"} {
		findings, err := s.Inspect(match.Plain(honest), Query{Category: category, At: march})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("category %q: %s found %q", category, f.Rule, f.Quote)
		}
	}
}

// Rules of a pack are named after it, and every rule says what to do about it
// in the reviewers' language.
func TestBundledRulesAreNamedAfterTheirPack(t *testing.T) {
	families := []string{"ads", "contact", "cosmetics", "decency", "food", "medical"}
	for _, p := range bundledSet(t).Packs() {
		own, language, _ := strings.Cut(p.Name, "-")
		for _, r := range p.Rules {
			family, rest, _ := strings.Cut(r.ID, ".")
			switch {
			case language == "kr" && family != own:
				t.Errorf("%s: rule %s does not begin with %s", r.Where, r.ID, own)
			case language == "" && !strings.HasPrefix(rest, "en."):
				t.Errorf("%s: rule %s does not say that it is English", r.Where, r.ID)
			case !slices.Contains(families, family):
				t.Errorf("%s: rule %s is of no family", r.Where, r.ID)
			}
		}
	}
}
