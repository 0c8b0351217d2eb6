package rules

import (
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// The categories that rules are scoped to, and what marketplaces call them. A
// name may mean two: "health" is sold to eat and to wear.
var categoryNames = map[string][]string{
	"cosmetics": {"cosmetic", "화장품", "스킨케어", "skincare", "skin care", "beauty", "뷰티", "메이크업", "makeup", "색조", "헤어", "헤어케어", "hair",
		"haircare",
		"바디", "바디케어", "body", "클렌징", "선케어", "향수", "기능성화장품", "남성화장품", "미용", "personal care", "퍼스널케어", "샴푸", "마스크팩", "네일"},
	"food": {"식품", "foods", "먹거리", "가공식품", "신선식품", "농산물", "음료", "간식", "건강식품", "건강기능식품", "건기식", "health food", "functional food",
		"supplement", "supplements", "dietary supplement", "영양제", "비타민", "다이어트식품", "grocery", "식료품", "푸드", "커피", "차", "건강",
		"health", "헬스", "건강용품"},
	"functional": {"건강기능식품", "건기식", "functional food", "supplement", "supplements", "dietary supplement", "영양제", "비타민", "health",
		"헬스", "건강"},
	"device": {"의료기기", "medical device", "medical devices", "medical", "의료", "의료용품", "의료용구"},
	"quasi":  {"의약외품", "quasi-drug", "quasi drug", "위생용품"},
	"drug":   {"의약품", "drug", "drugs", "medicine", "pharmacy", "약국", "일반의약품", "안전상비의약품"},
	"book":   {"도서", "book", "books", "책", "ebook", "전자책", "음반", "music", "영화", "dvd", "문구도서"},
	"goods": {"생활", "생활용품", "living", "home", "홈", "리빙", "가구", "전자", "electronics", "가전", "디지털", "패션", "fashion", "의류", "잡화", "신발",
		"가방", "주얼리",
		"스포츠", "sports", "레저", "건강용품", "health", "헬스", "건강", "주방", "kitchen", "유아", "baby", "출산", "반려동물", "pet", "자동차", "car", "여행",
		"travel", "취미",
		"완구", "toys", "침구", "인테리어", "공구", "꽃", "문구", "office", "etc", "기타", "goods", "general", "생필품"},
}

// canonical lists the categories that a name means, itself included.
func canonical(name string) []string {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return nil
	}
	all := []string{name}
	for c, names := range categoryNames {
		if c == name || slices.Contains(names, name) {
			all = append(all, c)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// known says whether a category is one that rules may be scoped to.
func known(categories []string) bool {
	return slices.ContainsFunc(categories, func(c string) bool { return categoryNames[c] != nil })
}

// meanings lists the categories that any of the names means.
func meanings(names []string) (all []string) {
	for _, n := range names {
		all = append(all, canonical(n)...)
	}
	return all
}

// meet says whether two lists have a category in common.
func meet(scope, product []string) bool {
	return slices.ContainsFunc(scope, func(c string) bool { return slices.Contains(product, c) })
}

// cue is words by which a text tells what it sells.
type cue struct {
	category string
	words    match.Pattern
}

// guess is the category that the text speaks of most, empty if of none or of two alike.
func (s *Set) guess(t *match.Text) string {
	best, most, second := "", 0, 0
	for _, c := range s.cues {
		n := len(c.words.Find(t, match.Line))
		switch {
		case n > most:
			best, most, second = c.category, n, most
		case n > second:
			second = n
		}
	}
	if most == second {
		return ""
	}
	return best
}
