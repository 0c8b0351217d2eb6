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
	x, err := NewXLSX(&book, "s")
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
