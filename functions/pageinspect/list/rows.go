package list

import (
	"regexp"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// rows makes entries of a table's rows. Empty rows are left out.
func (l *List) rows(name string, rows []row, given []Column) error {
	if len(rows) == 0 {
		return nil
	}
	c, header, skip, err := find(rows, given)
	if err != nil {
		return err
	}
	width := len(header)
	l.Notes = append(l.Notes, name+": "+c.said(header, width))
	for _, r := range rows[:skip] {
		if r.err != nil { // it would have been before the header
			l.Entries = append(l.Entries, Entry{Where: r.where, Original: r.original, Err: r.err})
		}
	}
	for _, r := range rows[skip:] {
		if r.empty() {
			continue
		}
		e := Entry{Where: r.where, Original: r.original, Err: r.err}
		if e.Err == nil {
			e.Err = notText(r.original)
		}
		if e.Err == nil {
			e.Request, e.Err = c.request(r.cells)
		}
		l.Entries = append(l.Entries, e)
	}
	return nil
}

// rounded is how spreadsheets write a long number, whose end is lost.
var rounded = regexp.MustCompile(`^[0-9][.,][0-9]+E\+?[0-9]+$`)

func (c columns) request(cells []string) (job.Request, error) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	r := job.Request{URL: cell(c.url), ID: cell(c.id), Category: cell(c.category)}
	switch {
	case r.URL == "":
		return r, fault.New(fault.Invalid, "no address in column %s; fill it in, or delete the row", letter(c.url))
	case rounded.MatchString(r.ID):
		return r, fault.New(fault.Invalid, "the id %s is a number whose end the spreadsheet has cut off; format its column as text and fill it in again", r.ID)
	}
	set := func(name, value string) {
		if value == "" {
			return
		}
		if r.Labels == nil {
			r.Labels = map[string]string{}
		}
		r.Labels[name] = value
	}
	for i, name := range c.label {
		set(name, cell(i))
	}
	// A column of labels has several, as a=b;c=d, or one without a name.
	for _, one := range strings.FieldsFunc(cell(c.labels), func(r rune) bool { return r == ';' || r == ',' || r == '\n' }) {
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			name, value = "label", one
		}
		set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return r, nil
}
