package list

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/unicode/norm"
)

// Column says where in a table a field is.
type Column struct {
	Field string // url, id, category or label
	Label string // the label's name; empty: the header's
	At    string // a header's name, a letter as in Excel, or a number from 1
}

// ParseColumn reads FIELD=WHERE, as --column has it.
func ParseColumn(s string) (Column, error) {
	field, at, ok := strings.Cut(s, "=")
	c := Column{At: strings.TrimSpace(at)}
	c.Field, c.Label, _ = strings.Cut(strings.TrimSpace(field), ":")
	if !ok || c.At == "" || !slices.Contains([]string{"url", "id", "category", "label"}, c.Field) || c.Label != "" && c.Field != "label" {
		return c, fault.New(fault.Invalid, "--column: is %q, want FIELD=COLUMN with the field url, id, category, label or label:NAME, and the column's name, letter or number, such as url=B", s)
	}
	return c, nil
}

// The names that columns have, from the surest to the least, as plainName makes them.
var (
	urlNames = ranks("url", "상품url", "producturl", "상품주소", "상품링크", "productlink", "pageurl", "페이지url", "페이지주소", "itemurl", "상품페이지", "상품페이지url", "상세페이지url",
		"상세url", "판매url", "판매주소", "판매링크", "상세페이지", "상세링크", "weburl", "웹주소", "siteurl", "사이트주소", "사이트url", "landingurl", "랜딩url", "urls", "link", "링크", "href", "website", "주소", "address", "uri")
	idNames = ranks("id", "상품번호", "상품id", "productid", "productno", "productnumber", "itemid", "itemno", "상품코드", "productcode", "itemcode", "품번", "sku", "관리번호", "식별자",
		"판매자상품코드", "goodsno", "goodsid", "상품no", "pid")
	categoryNames = ranks("category", "카테고리", "상품카테고리", "productcategory", "분류", "상품분류", "품목", "상품군", "품목군", "카테고리명", "categoryname", "categories")
	labelsNames   = ranks("label", "labels", "라벨", "레이블", "tag", "tags", "태그")
	labelName     = regexp.MustCompile(`^(?i:label|라벨|레이블)[:.]\s*(.+)$`)
)

func ranks(names ...string) map[string]int {
	m := map[string]int{}
	for i, n := range names {
		m[n] = i
	}
	return m
}

// plainName is a header without what people write differently.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// columns are where a table has its fields, from 0; -1 where it has none.
type columns struct {
	url, id, category, labels int
	label                     map[int]string // names by column
}

func noColumns() columns { return columns{-1, -1, -1, -1, map[int]string{}} }

// letter names a column as Excel does.
func letter(n int) string {
	s := ""
	for n++; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}

var letters = regexp.MustCompile(`^[A-Za-z]{1,3}$`)

// place finds a column by the name of its header, its letter or its number.
func place(at string, header []string) (int, error) {
	for i, h := range header {
		if plainName(h) != "" && plainName(h) == plainName(at) {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(at); err == nil && n >= 1 && n <= 16384 {
		return n - 1, nil
	}
	if letters.MatchString(at) {
		n := 0
		for _, r := range strings.ToUpper(at) {
			n = n*26 + int(r-'A') + 1
		}
		return n - 1, nil
	}
	return 0, fault.New(fault.Invalid, "--column: there is no column %q; there are %s", at, names(header))
}

// names lists a header for a message.
func names(header []string) string {
	var all []string
	for i, h := range header {
		if h = strings.TrimSpace(h); h != "" {
			all = append(all, fmt.Sprintf("%s (%s)", letter(i), cut(h, 30)))
		}
		if len(all) == 20 {
			return strings.Join(all, ", ") + ", …"
		}
	}
	if len(all) == 0 {
		return "no names in it"
	}
	return strings.Join(all, ", ")
}

// find tells where the fields of a table are, and how many of its first rows are
// no pages: titles, and the header.
func find(rows []row, given []Column) (c columns, header []string, skip int, err error) {
	header, skip = headerOf(rows, given)
	c = noColumns()
	byName := func(known map[string]int, wanted func(column int) bool) int {
		best, rank := -1, len(known)
		for i, h := range header {
			if r, ok := known[plainName(h)]; ok && r < rank && wanted(i) {
				best, rank = i, r
			}
		}
		return best
	}
	c.url = byName(urlNames, func(i int) bool { return addresses(rows[skip:], i) > 0 })
	c.id, c.category = byName(idNames, func(int) bool { return true }), byName(categoryNames, func(int) bool { return true })
	c.labels = byName(labelsNames, func(int) bool { return true })
	for i, h := range header {
		if m := labelName.FindStringSubmatch(strings.TrimSpace(h)); m != nil {
			c.label[i] = strings.TrimSpace(m[1])
		}
	}
	for _, g := range given {
		i, err := place(g.At, header)
		if err != nil {
			return c, header, skip, err
		}
		switch g.Field {
		case "url":
			c.url = i
		case "id":
			c.id = i
		case "category":
			c.category = i
		default:
			name := g.Label
			if name == "" && i < len(header) {
				name = strings.TrimSpace(header[i])
			}
			c.label[i] = cmp.Or(name, g.At)
		}
	}
	if c.url < 0 {
		c.url, err = byContent(rows[skip:], header)
	}
	if err != nil { // every address in it may be wrong
		if named := byName(urlNames, func(int) bool { return true }); named >= 0 {
			c.url, err = named, nil
		}
	}
	return c, header, skip, err
}

// headerOf is the row that names the columns, if any, and where the pages begin.
func headerOf(rows []row, given []Column) (header []string, skip int) {
	named := func(cells []string) bool {
		for _, cell := range cells {
			if _, known := urlNames[plainName(cell)]; known {
				return true
			}
			for _, g := range given {
				if plainName(g.At) != "" && plainName(cell) == plainName(g.At) && !letters.MatchString(g.At) {
					return true
				}
			}
		}
		return false
	}
	last := -1 // the last row before the first with an address
	for i, r := range rows[:min(len(rows), sampled)] {
		switch {
		case slices.ContainsFunc(r.cells, isURL):
			if last < 0 {
				return nil, 0
			}
			return rows[last].cells, i
		case named(r.cells):
			return r.cells, i + 1
		case !r.empty() && r.err == nil:
			last = i
		}
	}
	return nil, 0
}

// addresses counts the rows that have an address in a column.
func addresses(rows []row, column int) (n int) {
	for _, r := range rows {
		if column < len(r.cells) && isURL(r.cells[column]) {
			n++
		}
	}
	return n
}

// byContent is the only column that has addresses.
func byContent(rows []row, header []string) (int, error) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, len(r.cells))
	}
	var found []int
	for i := range widest {
		if addresses(rows, i) > 0 {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return -1, fault.New(fault.Invalid, "no column has addresses (https://…); there are %s; say which with --column url=B", names(header))
	}
	var all []string
	for _, i := range found {
		name := letter(i)
		if i < len(header) {
			name += " (" + cut(strings.TrimSpace(header[i]), 30) + ")"
		}
		all = append(all, name)
	}
	return -1, fault.New(fault.Invalid, "the columns %s have addresses; say which is the page's, such as --column url=%s", strings.Join(all, " and "), letter(found[0]))
}

// said tells in a line which columns are taken for what.
func (c columns) said(header []string, width int) string {
	name := func(i int) string {
		if i < len(header) && strings.TrimSpace(header[i]) != "" {
			return fmt.Sprintf("%s (%s)", letter(i), cut(strings.TrimSpace(header[i]), 30))
		}
		return letter(i)
	}
	used := map[int]bool{c.url: true}
	parts := []string{"url is " + name(c.url)}
	for _, f := range []struct {
		field string
		at    int
	}{{"id", c.id}, {"category", c.category}, {"labels", c.labels}} {
		if f.at >= 0 {
			used[f.at] = true
			parts = append(parts, f.field+" "+name(f.at))
		}
	}
	var others []string
	for i := range width {
		switch label, ok := c.label[i]; {
		case ok:
			parts = append(parts, fmt.Sprintf("label %q %s", label, letter(i)))
		case !used[i] && i < len(header) && strings.TrimSpace(header[i]) != "":
			others = append(others, name(i))
		}
	}
	s := "column " + strings.Join(parts, ", ")
	if len(others) > 8 {
		others = append(others[:8], "…")
	}
	if len(others) > 0 {
		s += "; not used: " + strings.Join(others, ", ")
	}
	return s
}
