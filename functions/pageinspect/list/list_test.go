package list

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	utf16 "golang.org/x/text/encoding/unicode"
)

// parse says of each entry in a line what it asks for, or what is wrong with it.
func parse(t *testing.T, name, text string, columns ...string) (got []string, notes string) {
	t.Helper()
	var o Options
	for _, c := range columns {
		column, err := ParseColumn(c)
		if err != nil {
			t.Fatal(err)
		}
		o.Columns = append(o.Columns, column)
	}
	l, err := Parse(name, []byte(text), o)
	if err != nil {
		if fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		return []string{"refused: " + err.Error()}, ""
	}
	return said(l), strings.Join(l.Notes, "\n")
}

func said(l List) (got []string) {
	for _, e := range l.Entries {
		if e.Err != nil {
			got = append(got, e.Where+" wrong")
			continue
		}
		s := e.Where + " " + e.Request.URL
		for _, part := range []string{e.Request.ID, e.Request.Category} {
			if part != "" {
				s += " " + part
			}
		}
		if len(e.Request.Labels) > 0 {
			s += " " + strings.ReplaceAll(fmt.Sprint(e.Request.Labels), "map", "")
		}
		got = append(got, s)
	}
	return got
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		what, name, text string
		columns          []string
		want             []string
	}{
		{"addresses", "a.txt", "# mine\n\nhttps://a/1\n  https://a/2 \n#https://a/3\n<https://a/4,x>\n", nil, []string{"a.txt:3 https://a/1", "a.txt:4 https://a/2", "a.txt:6 https://a/4,x"}},
		{"addresses with commas", "a.txt", "https://a/1?x=1,y=2\nhttps://a/2\n", nil, []string{"a.txt:1 https://a/1?x=1,y=2", "a.txt:2 https://a/2"}},
		{"session ids", "a.txt", "https://a/1;jsessionid=1A\nhttps://a/2;jsessionid=2B\n", nil, []string{"a.txt:1 https://a/1;jsessionid=1A", "a.txt:2 https://a/2;jsessionid=2B"}},
		{"JSON", "a.jsonl", "{\"url\":\"https://a/1\",\"id\":\"x\"}\nhttps://a/2\n{\"id\":7}\n{\"url\":\n", nil, []string{"a.jsonl:1 https://a/1 x", "a.jsonl:2 https://a/2", "a.jsonl:3 wrong", "a.jsonl:4 wrong"}},
		{"CRLF and a mark", "a.txt", "\ufeffhttps://a/1\r\nhttps://a/2\r\n", nil, []string{"a.txt:1 https://a/1", "a.txt:2 https://a/2"}},
		{"line ends of old Macs", "a.txt", "https://a/1\rhttps://a/2\r", nil, []string{"a.txt:1 https://a/1", "a.txt:2 https://a/2"}},
		{"a byte that is none of a text's", "a.txt", "https://a/1\x00\nhttps://a/2\n", nil, []string{"a.txt:1 wrong", "a.txt:2 https://a/2"}},
		{"nothing", "a.csv", " \r\n\r\n", nil, nil},
		{"Excel's CSV", "a.csv", "\ufeff상품번호,URL,카테고리,비고\r\n0,https://a/0,cosmetics,\"메모, 쉼표\"\r\n\r\n   ,,,\r\n7,https://a/7,,\r\n", nil, []string{"a.csv:2 https://a/0 0 cosmetics", "a.csv:5 https://a/7 7"}},
		{"the same on standard input", "standard input", "상품번호,URL\n0,https://a/0\n", nil, []string{"standard input:2 https://a/0 0"}},
		{"semicolons", "a.csv", "Product ID;Product URL;Category\n1;https://a/1,2;food\n", nil, []string{"a.csv:2 https://a/1,2 1 food"}},
		{"sep=", "a.csv", "sep=;\nurl;id\nhttps://a/1;x\n", nil, []string{"a.csv:3 https://a/1 x"}},
		{"tabs", "a.txt", "url\tid\nhttps://a/1\tx\n", nil, []string{"a.txt:2 https://a/1 x"}},
		{"a column alone", "a.txt", "URL\nhttps://a/1\nhttps://a/2\n", nil, []string{"a.txt:2 https://a/1", "a.txt:3 https://a/2"}},
		{"titles above the header", "a.csv", "11월 점검 목록,,\n,,\n번호,링크,상품코드\n1,https://a/1,P1\n", nil, []string{"a.csv:4 https://a/1 P1"}},
		{"no header", "a.csv", "1,https://a/1,x\n2,https://a/2,y\n", nil, []string{"a.csv:1 https://a/1", "a.csv:2 https://a/2"}},
		{"no header, named none", "standard input", "1,https://a/1\n2,https://a/2\n", nil, []string{"standard input:1 https://a/1", "standard input:2 https://a/2"}},
		{"address first, then a quoted cell", "standard input", "https://a/1?c,cosmetics,\"메모\"\nhttps://a/2,cosmetics,\"메모\"\n", nil, []string{"standard input:1 https://a/1?c", "standard input:2 https://a/2"}},
		{"address first, then empty cells", "a.txt", "https://a/1,,\nhttps://a/2,,\n", nil, []string{"a.txt:1 https://a/1", "a.txt:2 https://a/2"}},
		{"a header of other names", "a.txt", "where,what\nhttps://a/1,x\n", nil, []string{"a.txt:2 https://a/1"}},
		{"pictures beside pages", "a.csv", "대표이미지URL,상품URL,상품명\nhttps://i/1,https://a/1,크림\n", nil, []string{"a.csv:2 https://a/1"}},
		{"addresses that are all wrong", "a.csv", "url\nshop.example/1\n", nil, []string{"a.csv:2 shop.example/1"}},
		{"a header alone", "a.csv", "id,url\n", nil, nil},
		{"a postal address", "a.csv", "주소,상품링크\n서울시 중구,https://a/1\n", nil, []string{"a.csv:2 https://a/1"}},
		{"columns by name, letter and number", "a.csv", "a,b,c,d\nhttps://a/1,https://b/1,x,y\n", []string{"url=B", "id=c", "label:seller=4"}, []string{"a.csv:2 https://b/1 x [seller:y]"}},
		{"a label by its header", "a.csv", "url,담당자\nhttps://a/1,김\n", []string{"label=담당자"}, []string{"a.csv:2 https://a/1 [담당자:김]"}},
		{"columns without a header", "a.txt", "x,https://a/1\ny,https://a/2\n", []string{"url=2", "id=1"}, []string{"a.txt:1 https://a/1 x", "a.txt:2 https://a/2 y"}},
		{"labels", "a.csv", "url,label:seller,labels\nhttps://a/1,s1,team=a;round=2\nhttps://a/2,,urgent\n", nil, []string{"a.csv:2 https://a/1 [round:2 seller:s1 team:a]", "a.csv:3 https://a/2 [label:urgent]"}},
		{"wrong rows and right ones", "a.csv", "id,url,memo\n1,,no address\n2,https://a/2,27\" monitor\n3,https://a/3,\"open\n4,https://a/4,ok\n1.23457E+12,https://a/5,\n5,shop.example/6,\n6,\"https://a/7\",\"two\nlines\"\n7,https://a/8,x\n",
			nil, []string{"a.csv:2 wrong", "a.csv:3 https://a/2 2", "a.csv:4 wrong", "a.csv:5 https://a/4 4", "a.csv:6 wrong", "a.csv:7 shop.example/6 5", "a.csv:8 https://a/7 6", "a.csv:10 https://a/8 7"}},
		{"a quote that never closes", "a.csv", "id,url\n1,https://a/1\n2,\"https://a/2\n3,https://a/3\n", nil, []string{"a.csv:2 https://a/1 1", "a.csv:3 wrong", "a.csv:4 https://a/3 3"}},
		{"a quote that closes rows later", "a.csv", "id,url,memo\n1,https://a/1,\"open\n2,https://a/2,x\n3,https://a/3,end\"\n", nil, []string{"a.csv:2 wrong", "a.csv:3 https://a/2 2", "a.csv:4 https://a/3 3"}},
	} {
		got, _ := parse(t, c.name, c.text, c.columns...)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
}

// TestListsThatCannotBe are refused whole, with what to do.
func TestListsThatCannotBe(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"},
		{"<html><table><tr><td>https://a", "under the name .xls"},
		{"\ufeff <meta charset=utf-8><table>", "under the name .xls"},
		{"%PDF-1.7", "is a PDF"},
		{"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "is no text"},
		{"\x1f\x8b\x08\x00\x00\x00", "is compressed"},
		{"[{\"url\":\"https://a\"}]", "jq -c"},
		{"PK\x03\x04 and no more", "no whole .xlsx"},
		{"https://a/1,cosmetics\nhttps://a/2,food\n", "--column url=1"},
		{"name,price\nx,1\n", "no column has addresses"},
		{"a,b\nhttps://a/1,https://b/1\n", "the columns A (a) and B (b) have addresses"},
		{"url,id\nhttps://a/1,x\n", "no column \"Z9\"; there are A (url), B (id)"},
	} {
		name, columns := "x", []string(nil)
		if strings.Contains(c.want, "Z9") {
			columns = []string{"id=Z9"}
		}
		if strings.HasPrefix(c.text, "name") || strings.HasPrefix(c.text, "a,b") {
			name = "x.csv"
		}
		if got, _ := parse(t, name, c.text, columns...); len(got) != 1 || !strings.HasPrefix(got[0], "refused: ") || !strings.Contains(got[0], c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	for _, bad := range []string{"", "url", "url=", "link=A", "url:x=A", "=B"} {
		if _, err := ParseColumn(bad); err == nil || !strings.Contains(err.Error(), "such as url=B") {
			t.Errorf("--column %q: %v", bad, err)
		}
	}
}

// TestEncodings: what Excel and Windows write is recognized and said; what cannot
// be told is refused line by line and never becomes another address.
func TestEncodings(t *testing.T) {
	lines := "https://shop.example/상품/여드름\nhttps://shop.example/plain\n{\"id\":\"p\",\"url\":\"https://shop.example/크림\"}\n"
	sheet := "상품번호,상품URL,카테고리\r\n1,https://shop.example/상품,화장품\r\n"
	for _, c := range []struct {
		what, text string
		as         encoding.Encoding
		note       string
	}{
		{"CP949", lines, korean.EUCKR, "is CP949"},
		{"CP949 CSV", sheet, korean.EUCKR, `it should say "상품번호,상품URL`},
		{"UTF-16", lines, utf16.UTF16(utf16.LittleEndian, utf16.UseBOM), "is UTF-16"},
		{"UTF-16 CSV", sheet, utf16.UTF16(utf16.LittleEndian, utf16.UseBOM), "is UTF-16"},
		{"UTF-16 with tabs", strings.ReplaceAll(sheet, ",", "\t"), utf16.UTF16(utf16.LittleEndian, utf16.UseBOM), "is UTF-16"},
		{"UTF-16 big", lines, utf16.UTF16(utf16.BigEndian, utf16.UseBOM), "is UTF-16"},
		{"UTF-16 without a mark", lines, utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM), "is UTF-16"},
		{"UTF-8", lines, encoding.Nop, ""},
		{"UTF-8 with a mark", "\ufeff" + sheet, encoding.Nop, ""},
	} {
		encoded, err := c.as.NewEncoder().String(c.text)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := parse(t, "a", strings.TrimPrefix(c.text, "\ufeff"))
		got, notes := parse(t, "a", encoded)
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s: %s", c.what, diff)
		}
		if !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "was read as such") {
			t.Errorf("%s: notes %q, want %q", c.what, notes, c.note)
		}
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String("https://shop.example/café\nhttps://shop.example/plain\nhttps://shop.example/größe\n")
	if err != nil {
		t.Fatal(err)
	}
	mixed := "https://shop.example/크림\nhttps://shop.example/\xbb\xf3\xc7\xb0\n"
	for text, want := range map[string][]string{
		latin: {"a:1 wrong", "a:2 https://shop.example/plain", "a:3 wrong"},
		mixed: {"a:1 https://shop.example/크림", "a:2 wrong"},
		"{\"url\":\"https://shop.example/caf\xe9\"}": {"a:1 wrong"},
		"url,id\nhttps://shop.example/caf\xe9,1\n":   {"a:2 wrong"},
	} {
		got, _ := parse(t, "a", text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestOriginalsAreWhole: whatever a line was, right or wrong, its entry has it.
func TestOriginalsAreWhole(t *testing.T) {
	text := "id,url,memo\n1,https://a/1,\"two\nlines \"\"q\"\"\"\r\n2,,x\n3,\"open\n4,https://a/4,caf\xe9\n5,https://a/5,last"
	l, err := Parse("a.csv", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1,https://a/1,\"two\nlines \"\"q\"\"\"", "2,,x", "3,\"open", "4,https://a/4,caf\xe9", "5,https://a/5,last"}
	var got []string
	for _, e := range l.Entries {
		got = append(got, string(e.Original))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsAreSaid(t *testing.T) {
	_, notes := parse(t, "a.csv", "상품번호,URL,비고,label:팀\n1,https://a/1,x,y\n")
	if want := `a.csv: column url is B (URL), id A (상품번호), label "팀" D; not used: C (비고)`; notes != want {
		t.Errorf("%q, want %q", notes, want)
	}
}

// FuzzParse: whatever a file holds, it is entries that lie in it, or an error
// that is the list's own.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://a/1\n", "\ufeffurl;id\r\nhttps://a/1;x\r\n", "a\t\"b\nc\"\nhttps://x\t1", "sep=,\nurl\n", "\xff\xfeh\x00", "\xbb\xf3\xc7\xb0,url\n1,http://x", "{\"url\":1}\n", "PK\x03\x04", "\"\n\"\"\nhttp://a,\"", "#x\r#\r"} {
		f.Add("a.csv", []byte(s))
		f.Add("a", []byte(s))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		l, err := Parse(name, data, Options{})
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("%s: %v", fault.KindOf(err), err)
		}
		text, _ := decode(data)
		for _, e := range l.Entries {
			if e.Where == "" || len(e.Original) == 0 && e.Err == nil || !bytes.HasPrefix(data, []byte("PK")) && !bytes.Contains(text, e.Original) {
				t.Fatalf("%+v of %q", e, data)
			}
		}
	})
}
