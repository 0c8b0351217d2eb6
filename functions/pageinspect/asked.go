package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/job"
)

// plural counts what has a plain plural.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", thousands(n), what)
}

// thousands writes a whole number with commas: 32,119.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func printNotes(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintln(w, oneLine(n))
	}
}

// printWrong tells what is wrong with each line that is none, and counts them.
func printWrong(w io.Writer, all []asked) (wrong int) {
	for _, a := range all {
		if err := cmp.Or(a.refused, a.invalid); err != nil {
			wrong++
			fmt.Fprintf(w, "%s: %s\n", oneLine(a.Where), oneLine(err.Error()))
		}
	}
	return wrong
}

// printAsked shows the requests that lines became.
func printAsked(w io.Writer, all []asked) {
	t := newTable(map[int]int{1: 24, 2: 40, 3: 60, 4: 16, 5: 30}, "line", "id", "url", "category", "labels")
	rows := 0
	for _, a := range all {
		if cmp.Or(a.refused, a.invalid) != nil {
			continue
		}
		rows++
		where := filepath.Base(a.Where)
		if a.Where == job.Bare(string(a.Original)) { // it was typed
			where = ""
		}
		t.row(where, a.request.ID, job.Bare(a.request.URL), a.request.Category, labels(a.request.Labels))
	}
	if rows > 0 {
		t.print(w)
	}
}

// labels are sorted, as a=b, c=d.
func labels(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ", ")
}

// printAskedJSON prints each request as a line of JSON, and each wrong line as the
// failure that it is.
func printAskedJSON(w io.Writer, all []asked) error {
	for _, a := range all {
		var err error
		if cmp.Or(a.refused, a.invalid) == nil {
			err = printLines(w, []job.Request{a.request})
		} else {
			err = printLines(w, []job.Failure{a.failure(time.Now())})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
