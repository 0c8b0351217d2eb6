package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestNoCellIsAFormula: whatever a seller writes first in a text.
func TestNoCellIsAFormula(t *testing.T) {
	texts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "", "plain", " =1", "최고", `a"b,c;d`, strings.Repeat("가", 40_000), "=" + strings.Repeat("x", 40_000)}
	var plain, book bytes.Buffer
	c, err := NewCSV(&plain)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewXLSX(&book, "s", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Writer{c, x} {
		for _, text := range texts {
			if err := s.Row(text, 7); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(plain.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != len(texts) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, text := range texts {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		formula, _ := f.GetCellFormula("s", cell)
		kept, _ := f.GetCellValue("s", cell)
		for _, got := range []string{rows[i][0], kept} {
			if formula != "" || got != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(got)[0]) {
				t.Errorf("%.20q is in the cell as %.20q, %q", text, got, formula)
			}
			if len(text) < 100 && strings.TrimPrefix(strings.ReplaceAll(got, "\r", ""), "'") != strings.ReplaceAll(text, "\r", "") && text[0] != '\r' && text[0] != '\n' && text[0] != '\t' {
				t.Errorf("%q became %q", text, got)
			}
		}
		if rows[i][1] != "7" {
			t.Errorf("a number became %q", rows[i][1])
		}
	}
}

// TestAddressesLead to the web, and nowhere else.
func TestAddressesLead(t *testing.T) {
	leads := map[string]string{
		"https://shop.example/가?a=1&b=%20\"#x":              "https://shop.example/%EA%B0%80?a=1&b=%20\"#x",
		"http://shop.example":                               "http://shop.example",
		"javascript:alert(1)":                               "",
		"file:///etc/passwd":                                "",
		"\\\\host\\share":                                   "",
		"ms-msdt:/id":                                       "",
		"=HYPERLINK(\"https://a.example\")":                 "",
		"https://":                                          "",
		"https://me:secret@shop.example/":                   "",
		"https://shop.example/" + strings.Repeat("x", 2000): "",
	}
	var book bytes.Buffer
	x, err := NewXLSX(&book, "s", 1)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for text := range leads {
		texts = append(texts, text)
		if err := x.Row("page", text); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, text := range texts {
		cell, err := excelize.CoordinatesToCellName(2, i+1)
		if err != nil {
			t.Fatal(err)
		}
		is, target, err := f.GetCellHyperLink("s", cell)
		if err != nil || is != (leads[text] != "") || target != leads[text] {
			t.Errorf("%q leads to %q, %v; want %q", text, target, err, leads[text])
		}
		if kept, _ := f.GetCellValue("s", cell); strings.TrimPrefix(kept, "'") != text {
			t.Errorf("%q became %q", text, kept)
		}
	}
}
