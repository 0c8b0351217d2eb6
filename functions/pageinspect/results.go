package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/export/sheet"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/functions/pageinspect/results"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/spf13/cobra"
)

// resultsOptions is what the command was asked for.
type resultsOptions struct {
	bucket, dir, prefix, file string
	since, to, out            string
	json, findings            bool
	filter                    results.Filter
}

func resultsCommand() *cobra.Command {
	var o resultsOptions
	c := &cobra.Command{
		Use:   "results [flags] [ID…]",
		Short: "Find pages among results: by verdict, rule, severity, category, label, day",
		Long: `List what was found, of the results in a bucket or in the directory that
"pageinspect run" wrote: all pages, those of the ids given or of a --file of ids,
or those whose ids begin with --prefix; of these, the ones that every filter
given chooses. With --rule or --severity, a page is chosen for such a finding,
and only such are told.

A row is a page, or a finding with --findings. --to writes the rows to a file
instead, by its ending: .csv and .xlsx for spreadsheets, .jsonl for programs.
Text that a spreadsheet would take for a formula gets a ' before it. --out
fetches the result, report and tiles of each page chosen into DIR/<id>/.

The bucket is --bucket or RESULTS_BUCKET in Cloud Storage, or in a stand-in at
STORAGE_EMULATOR_HOST; without all of them, that of "pageinspect serve" on this
machine. Pages that failed have no result: "pageinspect errors" lists them; in
--dir they are among the others, with the verdict "failed".

Exit codes: 0 every page chosen passed, or none was chosen, 1 some are to be
reviewed or rejected, 2 some failed or could not be read, or it did not work,
130 it was interrupted.`,
		Example: "  pageinspect results --verdict reject\n  pageinspect results --dir out --verdict reject,review --to bad.xlsx\n" +
			"  pageinspect results --bucket shop-results --rule 'cosmetics.*' --day 2026-11-25 --out bad",
		RunE: func(c *cobra.Command, ids []string) error {
			return listResults(c.Context(), o, ids, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.bucket, "bucket", os.Getenv("RESULTS_BUCKET"), "bucket of the results (RESULTS_BUCKET)")
	f.StringVar(&o.dir, "dir", "", "directory that run wrote, such as out, in place of a bucket")
	f.StringVar(&o.prefix, "prefix", "", "only pages whose ids begin so")
	f.StringVarP(&o.file, "file", "f", "", "file of ids, one a line; - for standard input")
	f.StringSliceVar(&o.filter.Verdicts, "verdict", nil, "only pages with these verdicts: pass, review, reject; failed in --dir")
	f.StringSliceVar(&o.filter.Rules, "rule", nil, "only pages with findings of these rules; * stands for anything: cosmetics.*")
	f.StringSliceVar(&o.filter.Severities, "severity", nil, "only pages with findings of these severities: high, review, info")
	f.StringSliceVar(&o.filter.Categories, "category", nil, "only pages of these categories")
	f.StringArrayVar(&o.filter.Labels, "label", nil, "only pages with this label: NAME=VALUE, or NAME for any value; again for one more")
	f.StringSliceVar(&o.filter.Days, "day", nil, "only pages recognized on these days: 2026-11-25")
	f.StringVar(&o.since, "since", "", "only pages recognized since then: 90m, 24h, 2026-11-25 or 2026-11-25T08:00:00Z")
	f.BoolVar(&o.findings, "findings", false, "a row for each finding, with its law and suggestion")
	f.BoolVar(&o.json, "json", false, "print each page as a line of JSON: pageinspect.result/v1 without its text, or pageinspect.error/v1")
	f.StringVar(&o.to, "to", "", "file to write the rows to: .csv, .xlsx or .jsonl")
	f.StringVarP(&o.out, "out", "o", "", "directory to fetch reports and tiles into")
	return c
}

// lister shows pages: in a table, as JSON, or in a file. It ends with close once
// all were shown, or else with drop.
type lister interface {
	page(p results.Page, report string) error
	close() error
	drop() error
}

func listResults(ctx context.Context, o resultsOptions, ids []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	if o.filter.Since, err = since(o.since, time.Now()); err != nil {
		return err
	}
	if err := o.filter.Validate(); err != nil {
		return err
	}
	if o.file != "" {
		if err := readLines(o.file, stdin, func(_ int, line []byte) { ids = append(ids, string(line)) }); err != nil {
			return err
		}
	}
	source, reports, done, err := o.source(ctx, ids)
	if err != nil {
		return err
	}
	defer done()
	fetch := func(results.Page) error { return nil }
	if o.out != "" {
		out, err := openOut(o.out)
		if err != nil {
			return err
		}
		defer out.close()
		fetch = func(p results.Page) error {
			_, err := out.saveResult(ctx, source.Objects, p.Result)
			return err
		}
		reports = func(r string) string { return filepath.Join(o.out, filepath.Base(filepath.Dir(r)), reportFile) }
	}
	list, err := o.lister(stdout)
	if err != nil {
		return err
	}
	total := -1
	if len(ids) > 0 {
		total = len(ids)
	}
	show := newMeter(stderr, total, "reading results")
	defer show.close()
	chosen, looked, broken := newSummary(), 0, 0
	for p, err := range source.Pages(ctx) {
		if err == nil {
			show.add(1)
			if looked++; !o.filter.Has(p) {
				continue
			}
			if p.Failure != nil {
				chosen.failure(*p.Failure)
			} else {
				chosen.result(p.Result)
				err = fetch(p)
			}
			if err == nil {
				report := ""
				if p.Report != "" {
					report = reports(p.Report)
				}
				err = list.page(p, report)
				if err != nil { // of the file or the pipe, and so of all
					return errors.Join(err, list.drop())
				}
				continue
			}
		}
		if p.ID == "" || ctx.Err() != nil {
			show.close()
			return errors.Join(err, list.drop())
		}
		broken++
		show.clear()
		fmt.Fprintf(stderr, "%s: %s\n", oneLine(p.ID), oneLine(err.Error()))
	}
	show.close()
	if err := list.close(); err != nil {
		return err
	}
	o.conclude(stdout, stderr, chosen, looked, broken)
	switch {
	case broken > 0 || chosen.verdicts[results.Failed] > 0:
		return exit(exitFailed)
	case chosen.verdicts[string(result.Review)]+chosen.verdicts[string(result.Reject)] > 0:
		return exit(exitFinding)
	}
	return nil
}

// conclude says what the pages came to. Where standard output is for programs,
// it says so elsewhere.
func (o resultsOptions) conclude(stdout, stderr io.Writer, chosen *summary, looked, broken int) {
	w := stdout
	if o.json {
		w = stderr
	}
	fmt.Fprintf(w, "%s of %s", thousands(chosen.pages), plural(looked, "page"))
	if broken > 0 {
		fmt.Fprintf(w, ", and %d that could not be read", broken)
	}
	if o.to != "" && chosen.pages > 0 {
		fmt.Fprintf(w, ", in %s", o.to)
	}
	if o.out != "" && chosen.pages > 0 {
		fmt.Fprintf(w, ", with reports and tiles in %s", o.out)
	}
	fmt.Fprintln(w)
	if chosen.pages > 0 {
		chosen.print(w)
	}
	if looked == 0 && o.dir == "" {
		fmt.Fprintln(w, "Next: pageinspect status says where requests are; pageinspect errors, why some failed")
	}
}

// source opens what the flags name, and says where a report is seen.
func (o resultsOptions) source(ctx context.Context, ids []string) (s results.Source, report func(string) string, done func(), err error) {
	s = results.Source{IDs: ids, Prefix: o.prefix, AtOnce: 32}
	done = func() {}
	switch {
	case len(ids) > 0 && o.prefix != "":
		return s, nil, done, fault.New(fault.Invalid, "say which pages: ids (or a --file of them), or --prefix")
	case o.dir != "" && o.out != "":
		return s, nil, done, fault.New(fault.Invalid, "--out fetches from a bucket; the reports and tiles of %s are in it", o.dir)
	case o.dir != "":
		if info, err := os.Stat(o.dir); err != nil || !info.IsDir() {
			return s, nil, done, fault.New(fault.Invalid, "--dir: %s is no directory; give the one that run wrote, such as out", o.dir)
		}
		s.Folder = os.DirFS(o.dir)
		return s, func(r string) string { return filepath.Join(o.dir, filepath.FromSlash(r)) }, done, nil
	}
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	if emulator == "" && (o.bucket == "" || o.bucket == localcloud.Results) {
		emulator = defaultStorage
	}
	if s.Bucket = o.bucket; s.Bucket == "" {
		s.Bucket = localcloud.Results
	}
	if s.Objects, err = store.New(ctx, store.Config{EmulatorHost: emulator}); err != nil {
		return s, nil, done, err
	}
	done = func() { s.Objects.Close() } //nolint:errcheck // it was only read
	if err := s.Objects.CheckBucket(ctx, s.Bucket); err != nil {
		done()
		if emulator == defaultStorage && ctx.Err() == nil {
			err = fault.New(fault.Invalid, "no storage answers at %s; start \"pageinspect serve\", or name a bucket (--bucket) or a directory (--dir): %v", emulator, err)
		}
		return s, nil, func() {}, err
	}
	return s, recognize.ObjectURL(emulator), done, nil
}

// lister is how the pages are shown.
func (o resultsOptions) lister(stdout io.Writer) (lister, error) {
	if o.json && (o.to != "" || o.findings) {
		return nil, fault.New(fault.Invalid, "--json prints pages with all their findings; leave --to and --findings out")
	}
	ext := strings.ToLower(filepath.Ext(o.to))
	switch {
	case o.json:
		return jsonLister{w: stdout}, nil
	case o.to == "":
		return o.table(stdout), nil
	case ext != ".csv" && ext != ".xlsx" && ext != ".jsonl":
		return nil, fault.New(fault.Invalid, "--to: %s ends in none of .csv, .xlsx and .jsonl", o.to)
	}
	f, err := os.CreateTemp(filepath.Dir(o.to), "."+filepath.Base(o.to)+"-*")
	if err != nil {
		return nil, fault.New(fault.Invalid, "--to: %v", err)
	}
	file := &fileLister{file: f, name: o.to}
	if ext == ".jsonl" {
		file.rows = jsonLister{w: f}
		return file, nil
	}
	rows := sheetLister{o: o}
	if ext == ".csv" {
		rows.sheet, err = sheet.NewCSV(f)
	} else {
		rows.sheet, err = sheet.NewXLSX(f, "pageinspect")
	}
	if err == nil {
		err = rows.begin()
	}
	if err != nil {
		file.remove()
		return nil, fault.New(fault.Internal, "--to: %v", err)
	}
	file.rows = rows
	return file, nil
}

type jsonLister struct{ w io.Writer }

func (l jsonLister) page(p results.Page, _ string) error {
	if p.Failure != nil {
		return printLines(l.w, []job.Failure{*p.Failure})
	}
	return printLines(l.w, []result.Result{p.Result.Event(p.Result.ResultObject, p.Result.ReportObject)})
}

func (l jsonLister) close() error { return nil }
func (l jsonLister) drop() error  { return nil }

// sheetLister writes rows to a spreadsheet.
type sheetLister struct {
	sheet sheet.Writer
	o     resultsOptions
}

func (l sheetLister) begin() error {
	if l.o.findings {
		return l.sheet.Row(results.FindingHeader...)
	}
	return l.sheet.Row(results.PageHeader...)
}

func (l sheetLister) page(p results.Page, report string) error {
	rows := [][]any{}
	if !l.o.findings {
		rows = append(rows, results.PageRow(p, l.o.filter, report))
	} else {
		rows = results.FindingRows(p, l.o.filter, report)
	}
	for _, cells := range rows {
		for i, c := range cells {
			if text, ok := c.(string); ok {
				cells[i] = oneLine(text)
			}
		}
		if err := l.sheet.Row(cells...); err != nil {
			return err
		}
	}
	return nil
}

func (l sheetLister) close() error { return l.sheet.Close() }
func (l sheetLister) drop() error  { return l.sheet.Drop() }

// fileLister writes a file that has its name once it is whole.
type fileLister struct {
	file *os.File
	name string
	rows lister
}

func (l *fileLister) page(p results.Page, report string) error { return l.rows.page(p, report) }

func (l *fileLister) close() error {
	err := l.rows.close()
	if err == nil {
		err = l.file.Chmod(0o644)
	}
	if err == nil {
		err = l.file.Close()
	}
	if err == nil {
		err = os.Rename(l.file.Name(), l.name)
	}
	if err != nil {
		l.remove()
		return fault.New(fault.Internal, "--to: %v", err)
	}
	return nil
}

func (l *fileLister) drop() error {
	defer l.remove()
	return l.rows.drop()
}

func (l *fileLister) remove() {
	l.file.Close()           //nolint:errcheck // it is removed
	os.Remove(l.file.Name()) //nolint:errcheck // the other error is told
}

// tableLister shows the few columns that fit a terminal.
type tableLister struct {
	*listing
	o    resultsOptions
	w    io.Writer
	rows int
	last string
}

func (o resultsOptions) table(w io.Writer) *tableLister {
	if o.findings {
		return &tableLister{o: o, w: w, listing: newTable(map[int]int{1: 32, 4: 40, 5: 40, 6: 40, 7: 40}, "page", "verdict", "severity", "rule", "quote", "message", "law")}
	}
	return &tableLister{o: o, w: w, listing: newTable(map[int]int{1: 32, 4: 44, 5: 40, 6: 60}, "page", "verdict", "findings", "rules", "quotes", "url")}
}

func (l *tableLister) page(p results.Page, report string) error {
	if report != "" {
		l.last = report
	}
	if !l.o.findings {
		r := results.PageRow(p, l.o.filter, report)
		l.row(r[0], r[1], r[5], r[7], r[8], r[2])
		l.rows++
		return nil
	}
	for _, r := range results.FindingRows(p, l.o.filter, report) {
		l.row(r[0], r[1], r[4], r[5], r[6], r[8], r[9])
		l.rows++
	}
	return nil
}

func (l *tableLister) drop() error { return nil }

func (l *tableLister) close() error {
	if l.rows > 0 {
		l.print(l.w)
	}
	if l.last != "" && l.rows > 0 {
		fmt.Fprintf(l.w, "Reports such as %s\n", l.last)
	}
	return nil
}
