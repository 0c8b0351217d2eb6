package list

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// book makes a workbook of sheets of rows.
func book(t *testing.T, sheets ...[][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, rows := range sheets {
		name := fmt.Sprintf("Sheet%d", i+1)
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, cells := range rows {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbook(t *testing.T) {
	cover := [][]any{{"사용법"}, {"둘째 시트를 보세요"}}
	pages := [][]any{{"11월 점검"}, {}, {"상품번호", "상품URL", "카테고리", "비고"}, {1234567890123, "https://a/1", "화장품", "=1+1"}, {"P-2", " https://a/2 ", nil, nil}, {nil, nil, nil, nil}, {"P-3", nil, "food", "no address"}}
	for _, c := range []struct {
		what string
		data []byte
		o    Options
		want []string
		note string
	}{
		{"the sheet with addresses", book(t, cover, pages), Options{}, []string{"a.xlsx!Sheet2:4 https://a/1 1234567890123 화장품", "a.xlsx!Sheet2:5 https://a/2 P-2", "a.xlsx!Sheet2:7 wrong"}, `the sheet "Sheet2" is read, of 2`},
		{"the sheet that is named", book(t, pages, [][]any{{"url"}, {"https://b/1"}}), Options{Sheet: "Sheet2"}, []string{"a.xlsx!Sheet2:2 https://b/1"}, "--sheet names another"},
		{"columns", book(t, [][]any{{"https://a/1", "https://b/1"}}), Options{Columns: []Column{{Field: "url", At: "B"}}}, []string{"a.xlsx!Sheet1:1 https://b/1"}, "url is B"},
		{"an empty one", book(t), Options{}, nil, ""},
	} {
		l, err := Parse("a.xlsx", c.data, c.o)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if diff := cmp.Diff(c.want, said(l)); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
		if notes := strings.Join(l.Notes, "\n"); !strings.Contains(notes, c.note) {
			t.Errorf("%s: %s", c.what, notes)
		}
	}
	for want, o := range map[string]Options{`no sheet "x"; there are Sheet1`: {Sheet: "x"}, "no column has addresses": {Sheet: "Sheet1"}} {
		if _, err := Parse("a.xlsx", book(t, cover, pages), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// replaced is a workbook with one part exchanged.
func replaced(t *testing.T, data []byte, part string, content func(io.Writer)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		if f.Name == part {
			continue
		}
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	if content == nil { // it says that it is huge
		_, err := w.CreateRaw(&zip.FileHeader{Name: part, Method: zip.Deflate, UncompressedSize64: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
	} else if out, err := w.Create(part); err != nil {
		t.Fatal(err)
	} else {
		content(out)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostileWorkbooks are refused, or read within the memory that their bounds
// say, however small the file is.
func TestHostileWorkbooks(t *testing.T) {
	plain := book(t, [][]any{{"url"}, {"https://a/1"}})
	const head = `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	const row = `<row><c r="XFD1"><v>1</v></c></row>`
	repeat := func(head, s string, n int, tail string) func(io.Writer) {
		return func(w io.Writer) {
			io.WriteString(w, head) //nolint:errcheck // into memory
			for range n / 1000 {
				io.WriteString(w, strings.Repeat(s, 1000)) //nolint:errcheck // likewise
			}
			io.WriteString(w, tail) //nolint:errcheck // likewise
		}
	}
	const strs = `<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	for _, c := range []struct {
		what, part, say string
		content         func(io.Writer)
	}{
		{"a sheet without end", "xl/worksheets/sheet1.xml", "unpacks to more than 256 MB", nil},
		{"texts without end", "xl/sharedStrings.xml", "more than 500000 texts", repeat(strs, "<si/>", maxTags+1000, "</sst>")},
		{"a fifth of the texts that are taken", "xl/sharedStrings.xml", "", repeat(strs, "<si/>", maxTags/5, "</sst>")},
		{"the last column in each row", "xl/worksheets/sheet1.xml", "more than 20000000 cells", repeat(head, row, 2000, "</sheetData></worksheet>")},
		{"a row beyond the last", "xl/worksheets/sheet1.xml", "", repeat(head, `<row r="1048577"><c><v>1</v></c></row>`, 1000, "</sheetData></worksheet>")},
		{"entities", "xl/worksheets/sheet1.xml", "", repeat(`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>`+head, "<row><c t=\"inlineStr\"><is><t>&b;</t></is></c></row>", 1000, "</sheetData></worksheet>")},
	} {
		data := replaced(t, plain, c.part, c.content)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		l, err := Parse("a.xlsx", data, Options{})
		runtime.ReadMemStats(&after)
		if c.say != "" && (err == nil || !strings.Contains(err.Error(), c.say)) || err == nil && len(l.Entries) > 1 {
			t.Errorf("%s: %d entries, %v", c.what, len(l.Entries), err)
		}
		t.Logf("%s: %d KB, %d MB of memory more from the system; %v", c.what, len(data)>>10, (after.Sys-before.Sys)>>20, err)
		if more := (int64(after.Sys) - int64(before.Sys)) >> 20; more > 250 {
			t.Errorf("%s takes %d MB", c.what, more)
		}
	}
	many := func(w *zip.Writer) {
		for i := range maxParts + 1 {
			w.Create(fmt.Sprintf("x%d.xml", i)) //nolint:errcheck // into memory
		}
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	many(w)
	w.Close() //nolint:errcheck // into memory
	if _, err := Parse("a.xlsx", b.Bytes(), Options{}); err == nil || !strings.Contains(err.Error(), "parts") {
		t.Errorf("too many parts: %v", err)
	}
}
