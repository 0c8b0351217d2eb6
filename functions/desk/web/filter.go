package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/export"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// filter is which pages a list has, and in which order, as the parameters of its
// address say it. They are named as the fields of index.Query, so that a filter is a
// link.
type filter struct {
	index.Query
	values url.Values // the parameters that count, and no others
}

// sorts are the orders of a list, the default first.
var sorts = []string{"worst", "newest", "oldest", "title", "host", "findings"}

// filterOf reads a filter. Its errors are fault.Invalid and shown to the reviewer.
func filterOf(v url.Values) (filter, error) {
	f := filter{values: url.Values{}}
	for _, field := range facetFields {
		words := v[field]
		words = slices.DeleteFunc(slices.Clone(words), func(s string) bool { return s == "" })
		if len(words) > 0 {
			*f.field(field), f.values[field] = words, words
		}
	}
	for name, into := range map[string]*string{"text": &f.Text, "picture": &f.Picture, "sort": &f.Sort, "after": &f.After} {
		if *into = strings.TrimSpace(v.Get(name)); *into != "" {
			f.values.Set(name, *into)
		}
	}
	var err error
	if f.Since, err = f.day(v, "since"); err != nil {
		return f, err
	}
	if f.Until, err = f.day(v, "until"); err != nil {
		return f, err
	}
	if f.Changed = v.Get("changed") == "1" || v.Get("changed") == "true"; f.Changed {
		f.values.Set("changed", "1")
	}
	if limit := v.Get("limit"); limit != "" {
		if f.Limit, err = strconv.Atoi(limit); err != nil || f.Limit < 1 {
			return f, fault.New(fault.Invalid, "limit: %q is no number of rows", limit)
		}
		f.values.Set("limit", limit)
	}
	return f, f.Validate()
}

// facetFields are the filters whose words are chosen from facets, in the order in
// which they are shown.
var facetFields = []string{"states", "verdicts", "severities", "rules", "categories", "hosts", "labels", "kinds", "sources", "unseen", "by"}

func (f *filter) field(name string) *[]string {
	return map[string]*[]string{
		"states": &f.States, "verdicts": &f.Verdicts, "severities": &f.Severities, "rules": &f.Rules, "categories": &f.Categories,
		"hosts": &f.Hosts, "labels": &f.Labels, "kinds": &f.Kinds, "sources": &f.Sources, "unseen": &f.Unseen, "by": &f.By,
	}[name]
}

// day reads a time, or a day: since its beginning, until its end, in the desk's time zone.
func (f *filter) day(v url.Values, name string) (time.Time, error) {
	s := v.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	f.values.Set(name, s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, time.Local)
	if err != nil {
		return t, fault.New(fault.Invalid, "%s: %q is no day; write it as 2026-11-26", name, s)
	}
	if name == "until" {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}

// String is the filter as a query, without a place in the list.
func (f filter) String() string { return f.without("after").Encode() }

// Narrowed says whether anything is left out.
func (f filter) Narrowed() bool {
	v := f.without("after")
	v.Del("sort")
	v.Del("limit")
	return len(v) > 0
}

func (f filter) without(names ...string) url.Values {
	v := url.Values{}
	for name, words := range f.values {
		if !slices.Contains(names, name) {
			v[name] = slices.Clone(words)
		}
	}
	return v
}

// Has says whether a word is chosen.
func (f filter) Has(field, word string) bool { return slices.Contains(f.values[field], word) }

// Toggle is the address of the list with a word chosen that was not, or the other way around.
func (f filter) Toggle(field, word string) string {
	v := f.without("after")
	if i := slices.Index(v[field], word); i >= 0 {
		v[field] = slices.Delete(v[field], i, i+1)
	} else {
		v.Add(field, word)
	}
	return listAt(v)
}

// With is the address of the list with one word for a field, or with none.
func (f filter) With(field, word string) string {
	v := f.without("after", field)
	if word != "" {
		v.Set(field, word)
	}
	return listAt(v)
}

func listAt(v url.Values) string {
	if q := v.Encode(); q != "" {
		return "/?" + q
	}
	return "/"
}

// chosen is one word of a filter, and the address of the list without it.
type chosen struct{ Field, Word, Off string }

// Day is the address of the list with the pages of one day alone.
func (f filter) Day(day string) string {
	v := f.without("after")
	v.Set("since", day)
	v.Set("until", day)
	return listAt(v)
}

// Chosen lists the words that leave something out, but for those of the states, which
// the list shows as tabs.
func (f filter) Chosen() (all []chosen) {
	for _, field := range slices.Concat(facetFields[1:], []string{"text", "picture", "since", "until", "changed"}) {
		for _, word := range f.values[field] {
			all = append(all, chosen{field, word, f.Toggle(field, word)})
		}
	}
	return all
}

// Hidden are the parameters that a search keeps, by name.
func (f filter) Hidden() url.Values { return f.without("after", "text") }

// Days are the days of since and until as a date's field has them; "" where there are none.
func (f filter) Days() []string {
	var days []string
	for _, name := range []string{"since", "until"} {
		day := f.values.Get(name)
		if len(day) != len(time.DateOnly) {
			day = ""
		}
		days = append(days, day)
	}
	return days
}

// Order is the list's order by its name.
func (f filter) Order() string { return cmp.Or(f.Sort, sorts[0]) }

// Facets is the address of the filter's facets.
func (f filter) Facets() string { return "/facets?" + f.String() }

// Export is the address of exactly what the filter chooses, as a file.
func (f filter) Export(rows string, format export.Format) string {
	v := f.without("after", "limit")
	v.Set("format", string(format))
	if rows == "findings" && format != export.SARIF { // which has no other
		v.Set("rows", rows)
	}
	return "/export?" + v.Encode()
}
