package match

import (
	"testing"
)

func TestNumbersAreClassified(t *testing.T) {
	for _, tt := range []struct {
		text  string
		class NumberClass
		want  string
	}{
		{"010-1234-5678", Phone, "010-1234-5678"}, {"문의 01012345678로", Phone, "01012345678"}, {"+82 10-1234-5678", Phone,
			"+82 10-1234-5678"}, {"tel010-1234-5678", Phone, "010-1234-5678"},
		{"O1O-l234-5678", Phone, "O1O-l234-5678"}, {"공일공 일이삼사 오육칠팔", Phone, "공일공 일이삼사 오육칠팔"}, {"영하나영 둘셋넷오 륙칠팔구", Phone,
			"영하나영 둘셋넷오 륙칠팔구"}, {"010★1234★5678", Phone, "010★1234★5678"},
		{"010-1111-2222,010-3333-4444", Phone, "010-1111-2222 010-3333-4444"}, {"010 1234\n5678", Phone, "010 1234 5678"},
		{"010ㅡ1234ㅡ5678", Phone, "010ㅡ1234ㅡ5678"}, {"011-234-5678", Phone, "011-234-5678"}, {"०१०-१२३४-५६७८", Phone, "०१०-१२३४-५६७८"},
		{"주문번호 01012345678", Phone, ""}, {"HX010-1234-5678", Phone, ""}, {"2010-1234-5678", Phone, ""}, {"010-0000-0000", Phone,
			""}, {"010-1234-56789", Phone, ""}, {"02-123-4567", Phone, ""}, {"1588-1234", Phone, ""},
		{"1,010,000원", Phone, ""}, {"2026-01-01", Phone, ""}, {"010 x 23 x 45mm", Phone, ""}, {"하나 둘 셋", Phone, ""},
		{"국민은행 123456-01-123456", Account, "123456-01-123456"}, {"농협 홍길동 3021234567891", Account, "3021234567891"},
		{"계좌 : 302-1234-5678-91", Account, "302-1234-5678-91"},
		{"국민은행 02-1234-5678", Account, ""}, {"기업 123-45-67890", Account, ""}, {"우리 2026-11-26-01 공지", Account, ""},
		{"우체국 60112-3456-7890 송장", Account, ""}, {"바코드 8801234567893 국민", Account, ""}, {"카드 1234-5678-1234-5678 국민", Account, ""},
	} {
		text := Read(Plain(tt.text))
		got := ""
		for _, s := range NewDictionary().Number(tt.class).Find(text, Line) {
			quote, _, _ := text.Place(s)
			if got != "" {
				got += " "
			}
			got += quote
		}
		if got != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.class, tt.text, got, tt.want)
		}
	}
}
