// Package sheet writes tables that a spreadsheet opens, CSV and XLSX, in which
// nothing that a page says is a formula.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/xuri/excelize/v2"
)

// Writer is a table that a spreadsheet opens. It ends with Close, which writes what
// is left, or with Drop.
type Writer interface {
	// Row writes cells of text and numbers. Text that a spreadsheet would take for a
	// formula is made text.
	Row(cells ...any) error
	Close() error
	Drop() error
}

// defused is text that no spreadsheet computes. Sellers choose what their pages
// say, and a cell that begins so is a formula to Excel, LibreOffice and Sheets.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

// maxCell is what Excel takes in a cell, in UTF-16 code units, with some left.
const maxCell = 32_000

func fitting(cell string) string {
	if len(cell) > maxCell {
		r := []rune(cell)
		cell = string(r[:min(len(r), maxCell/2)])
	}
	return defused(cell)
}

type csvSheet struct{ *csv.Writer }

// NewCSV writes CSV as Excel opens it by a double click: UTF-8 with a byte order
// mark, CRLF.
func NewCSV(w io.Writer) (Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return csvSheet{c}, nil
}

func (s csvSheet) Row(cells ...any) error {
	texts := make([]string, len(cells))
	for i, c := range cells {
		if text, ok := c.(string); ok {
			texts[i] = fitting(text)
		} else {
			texts[i] = fmt.Sprint(c)
		}
	}
	return s.Write(texts)
}

func (s csvSheet) Close() error {
	s.Flush()
	return s.Error()
}

func (s csvSheet) Drop() error { return nil }

type workbook struct {
	file *excelize.File
	rows *excelize.StreamWriter
	w    io.Writer
	n    int
}

// NewXLSX writes a workbook of one sheet, to w when it is closed.
func NewXLSX(w io.Writer, name string) (Writer, error) {
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return nil, err
	}
	rows, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	return &workbook{file: f, rows: rows, w: w}, nil
}

func (s *workbook) Row(cells ...any) error {
	values := make([]any, len(cells))
	for i, c := range cells {
		if text, ok := c.(string); ok {
			c = fitting(text)
		}
		values[i] = c
	}
	s.n++
	at, err := excelize.CoordinatesToCellName(1, s.n)
	if err != nil || s.n > excelize.TotalRows {
		return fault.New(fault.Invalid, "more than the %d rows that a sheet holds; choose fewer, or write .csv", excelize.TotalRows)
	}
	return s.rows.SetRow(at, values)
}

func (s *workbook) Close() error {
	defer s.file.Close() //nolint:errcheck // its temporary files
	if err := s.rows.Flush(); err != nil {
		return err
	}
	return s.file.Write(s.w)
}

func (s *workbook) Drop() error { return s.file.Close() }
