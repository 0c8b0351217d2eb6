package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// listing is a table whose cells cannot act on the terminal, and which wraps its
// wide columns until it fits. It has no colours, whatever NO_COLOR says.
type listing struct {
	table.Writer
	widest map[int]int // the cells that a column may take before it is wrapped, by its number from 1
	right  []int       // the columns that are set flush right
	header []any
	rows   [][]any
}

// newTable has headers as they are written, the first of column 1.
func newTable(widest map[int]int, headers ...any) *listing {
	t := &listing{Writer: table.NewWriter(), widest: widest, header: headers}
	style := table.StyleLight
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	t.SetStyle(style)
	if len(headers) > 0 {
		t.AppendHeader(headers)
	}
	return t
}

// row adds a row of text and numbers.
func (t *listing) row(cells ...any) {
	for i, c := range cells {
		cells[i] = oneLine(fmt.Sprint(c))
	}
	t.AppendRow(cells)
	t.rows = append(t.rows, cells)
}

// print draws the table no wider than the terminal, if there is one. On one that
// is too narrow for it, each row is a list of its cells.
func (t *listing) print(w io.Writer) {
	width := terminalWidth(w)
	drawn := t.fit(width)
	if width > 0 && text.LongestLineLen(drawn) > width && len(t.header) > 0 {
		drawn = t.records()
	}
	fmt.Fprintln(w, drawn)
}

// longest has the rows with the longest cell of each column.
func (t *listing) longest() []int {
	var longest, rows []int
	for n, cells := range t.rows {
		for i, c := range cells {
			if i == len(rows) {
				longest, rows = append(longest, -1), append(rows, n)
			}
			if length := text.StringWidth(fmt.Sprint(c)); length > longest[i] {
				longest[i], rows[i] = length, n
			}
		}
	}
	return rows
}

// records has a line for each cell that says something.
func (t *listing) records() string {
	var b strings.Builder
	for n, cells := range t.rows {
		if n > 0 {
			b.WriteString("\n")
		}
		for i, c := range cells {
			name := "-"
			if i < len(t.header) && t.header[i] != "" {
				name = fmt.Sprint(t.header[i])
			}
			if c != "" {
				fmt.Fprintf(&b, "%s: %s\n", name, c)
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// narrowest is how far a column is wrapped for a narrow terminal.
const narrowest = 12

// fit draws the table in width cells, 0 for any number. As long as it is too
// wide, the column with the most room gives way.
func (t *listing) fit(width int) string {
	if len(t.rows) > 500 && width > 0 {
		// Drawing many takes long. The longest cells decide, and few rows have them.
		few := newTable(t.widest, t.header...) // shares how far its columns have given way
		for _, n := range t.longest() {
			few.row(slices.Clone(t.rows[n])...)
		}
		few.fit(width)
	}
	for {
		var configs []table.ColumnConfig
		roomiest := 0
		for n, most := range t.widest {
			configs = append(configs, table.ColumnConfig{Number: n, WidthMax: most, WidthMaxEnforcer: text.WrapSoft})
			if roomiest == 0 || most > t.widest[roomiest] || most == t.widest[roomiest] && n < roomiest {
				roomiest = n
			}
		}
		for _, n := range t.right {
			configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignFooter: text.AlignRight})
		}
		t.SetColumnConfigs(configs)
		drawn := t.Render()
		over := text.LongestLineLen(drawn) - width
		if width == 0 || over <= 0 || t.widest[roomiest] <= narrowest {
			return drawn
		}
		// Little by little, and never too much: a column may be narrower than it may be.
		t.widest[roomiest] = max(t.widest[roomiest]-max(over/len(t.widest), 1), narrowest)
	}
}
