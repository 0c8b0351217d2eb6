package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/list"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/spf13/cobra"
)

// template is what the flags say of every request.
type template struct {
	Profile, Category string
	Rules             []string
	Force, SafeSearch bool
	StableIDs         bool // ids are made of the address alone
}

func addTemplateFlags(c *cobra.Command, t *template) {
	c.Flags().StringVar(&t.Profile, "profile", "", "profile to capture with, for requests that name none (default: by host)")
	c.Flags().StringVar(&t.Category, "category", "", "category of the products that the list gives none, such as cosmetics: some rules apply to some categories only")
	c.Flags().StringSliceVar(&t.Rules, "packs", nil, "names of the rule packs to apply (default: all)")
	c.Flags().BoolVar(&t.SafeSearch, "safe-search", false, "have the pictures judged for indecency too, a second Vision unit a tile")
	c.Flags().BoolVar(&t.Force, "force", false, "inspect again although a result of the same id exists")
	c.Flags().BoolVar(&t.StableIDs, "stable-ids", false, "make ids of the addresses alone, where the list has none: the same page has the same id each time,\nand what was done is not done again")
}

// fill completes what a line says by what the flags say.
func (t template) fill(r job.Request) job.Request {
	r.Schema = cmp.Or(r.Schema, job.RequestSchema)
	if r.ID == "" && t.StableIDs {
		r.ID = stableID(r.URL)
	} else if r.ID == "" {
		r.ID = newID(r.URL)
	}
	r.Profile = cmp.Or(r.Profile, t.Profile)
	r.Category = cmp.Or(r.Category, t.Category)
	if len(r.Rules) == 0 {
		r.Rules = t.Rules
	}
	r.Force = r.Force || t.Force
	r.SafeSearch = r.SafeSearch || t.SafeSearch
	return r
}

// sources are the flags that say where the requests are from.
type sources struct {
	file, sheet string
	columns     []string
}

func addSourceFlags(c *cobra.Command, s *sources) {
	c.Flags().StringVarP(&s.file, "file", "f", "", "file with the list; - for standard input")
	c.Flags().StringArrayVar(&s.columns, "column", nil, "where a table has a field: url=B, id=상품번호, category=3, label=담당자 or label:NAME=COLUMN,\nby the column's name, letter or number (default: found by their names)")
	c.Flags().StringVar(&s.sheet, "sheet", "", "the workbook's sheet (default: the first with addresses)")
}

// listsHelp ends the help of the commands that take lists.
const listsHelp = `A list is a file (also given by its name alone) or standard input (-): an address
or a JSON request a line, with # for comments; CSV or TSV; or a sheet of an .xlsx
file. Byte order marks, CP949 and UTF-16 are recognized, and said. The columns url,
id, category and labels are found by their names, Korean or English; --column says
others. An address that comes twice is taken once. A wrong line is reported with
its number and what to do, and the others go on; --dry-run shows what would be
sent, and sends nothing.`

// given are the entries of the arguments and of a file. An argument that is no
// address and names a file, or would, is a list, and "-" is standard input.
func (s sources) given(args []string, stdin io.Reader) (list.List, error) {
	var all list.List
	o := list.Options{Sheet: s.sheet}
	for _, c := range s.columns {
		column, err := list.ParseColumn(c)
		if err != nil {
			return all, err
		}
		o.Columns = append(o.Columns, column)
	}
	files := []string{}
	for _, a := range args {
		text := bytes.TrimSpace([]byte(a))
		info, err := os.Stat(a)
		switch {
		case len(text) == 0:
		case a == "-", !strings.Contains(a, "://") && text[0] != '{' && (err == nil && !info.IsDir() || err != nil && meansFile(a)):
			files = append(files, a)
		default:
			e := list.Entry{Where: job.Bare(a), Original: text}
			e.Request, e.Err = list.Line(text)
			all.Entries = append(all.Entries, e)
		}
	}
	if s.file != "" {
		files = append(files, s.file)
	}
	if len(files) == 0 && (len(s.columns) > 0 || s.sheet != "") {
		return all, fault.New(fault.Invalid, "--column and --sheet are about a list, and none is given; name its file")
	}
	for _, name := range files {
		b, called, err := contents(name, stdin)
		if err != nil {
			return all, err
		}
		l, err := list.Parse(called, b, o)
		if err != nil {
			return all, err
		}
		all.Entries, all.Notes = append(all.Entries, l.Entries...), append(all.Notes, l.Notes...)
	}
	return all, nil
}

// meansFile says whether an argument looks like the name of a list, so that one
// that is not there is told to be missing, and not to be no address.
func meansFile(a string) bool {
	listed := slices.Contains([]string{".csv", ".tsv", ".txt", ".xls", ".xlsx", ".json", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(a)))
	return listed || strings.HasPrefix(a, "/") || strings.HasPrefix(a, ".") || strings.HasPrefix(a, "~")
}

// contents reads a file, or standard input for "-", and says what it is called.
func contents(name string, stdin io.Reader) ([]byte, string, error) {
	in, called := stdin, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, name, fault.New(fault.Invalid, "%v; give a list of addresses, or - for standard input", err)
		}
		defer f.Close()
		in, called = f, name
	}
	b, err := io.ReadAll(io.LimitReader(in, list.MaxBytes+1))
	if err != nil {
		return nil, called, fault.New(fault.Invalid, "%s: %v", called, err)
	}
	return b, called, nil
}

// asked is what one line asks for.
type asked struct {
	list.Entry
	request job.Request
	address string // as it is compared
	refused error  // it is none, or could not be told from another in what comes back
	invalid error  // what Capture would say of it
}

// failure is a refused line as a failure, which has its original whole.
func (a asked) failure(at time.Time) job.Failure {
	r := a.request
	r.ID = a.lineID()
	err := fault.Wrap(fault.Invalid, cmp.Or(a.refused, a.invalid), "%s", a.Where)
	return job.NewFailure(job.StageDeliver, err, r, a.Original, job.Source{Via: "list", Partition: -1, Offset: -1}, at)
}

// lineID is an id for a line that is wrong: the same each time that it is, in the
// same place.
func (a asked) lineID() string {
	sum := sha256.Sum256(append([]byte(a.Where+"\x00"), a.Original...))
	return slug(a.Where) + "-" + hex.EncodeToString(sum[:4])
}

// ask makes requests of entries, on every core: of 10,000 the reading takes as
// long as the publishing. What is asked for twice is asked for once, and counted;
// an id or an address that is asked for in two ways is refused the second time,
// since one of them would be lost.
func (t template) ask(entries []list.Entry) (once []asked, repeated int) {
	all := make([]asked, len(entries))
	onEveryCore(len(entries), func(i int) {
		a := asked{Entry: entries[i], refused: entries[i].Err}
		a.address = address(a.Request.URL)
		a.request = t.fill(a.Request)
		if a.refused == nil {
			a.invalid = a.request.Validate()
		}
		if a.invalid != nil && a.Request.ID == "" {
			a.request.ID = a.lineID() // a wrong address is told as often as it comes
		}
		if a.refused == nil && a.invalid != nil { // else Validate has looked at the id
			if err := job.CheckID(a.request.ID); err != nil {
				a.refused = fault.New(fault.Invalid, "id: %v; correct it, or leave it out and one is made", err)
			}
		}
		all[i] = a
	})
	once = all[:0]
	byID, byAddress := make(map[string]int, len(all)), make(map[string]int, len(all))
	for _, a := range all {
		if a.refused == nil {
			n, again := byID[a.request.ID]
			if !again && a.Request.ID == "" && a.invalid == nil {
				n, again = byAddress[a.address]
			}
			if again {
				was := once[n]
				if same(a, was) {
					repeated++
					continue
				}
				a.refused = a.conflict(was)
			} else {
				byID[a.request.ID] = len(once)
				if _, ok := byAddress[a.address]; !ok {
					byAddress[a.address] = len(once)
				}
			}
		}
		once = append(once, a)
	}
	return once, repeated
}

// onEveryCore does something for each number below n, in as many parts as there are cores.
func onEveryCore(n int, do func(i int)) {
	var parts sync.WaitGroup
	share := n/runtime.GOMAXPROCS(0) + 1
	for first := 0; first < n; first += share {
		parts.Go(func() {
			for i := first; i < min(first+share, n); i++ {
				do(i)
			}
		})
	}
	parts.Wait()
}

// same says whether two lines ask for the same in all but the id that was made.
func same(a, b asked) bool {
	x, y := a.request, b.request
	return a.address == b.address && x.Category == y.Category && x.Profile == y.Profile && slices.Equal(x.Rules, y.Rules) &&
		x.Force == y.Force && x.SafeSearch == y.SafeSearch && maps.Equal(x.Labels, y.Labels)
}

// conflict says why a line cannot be asked for beside an earlier one.
func (a asked) conflict(was asked) error {
	if a.address != was.address {
		return fault.New(fault.Invalid, "the id %s is of %s (%s) and cannot be of %s too; give each address an id of its own",
			a.request.ID, job.Bare(was.request.URL), was.Where, job.Bare(a.request.URL))
	}
	return fault.New(fault.Invalid, "the page is asked for already (%s), with another category, label or option; make the two lines the same, or give each an id of its own", was.Where)
}

// address is an address as it is compared: host and scheme in small letters,
// without the scheme's own port, with at least a slash for a path.
func address(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" {
		return s
	}
	u.Host = strings.ToLower(u.Host) // the scheme is so already
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; port != "" {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// newID makes an id that a person recognizes and that is new each time, since
// a page may be inspected again any day.
func newID(address string) string {
	var nonce [8]byte
	rand.Read(nonce[:]) //nolint:errcheck // never fails: crypto/rand since Go 1.24
	sum := sha256.Sum256(append(nonce[:], address...))
	return slug(address) + "-" + hex.EncodeToString(sum[:4])
}

// stableID makes an id that an address has each time. Of 64 bits of it, ten
// million pages share none.
func stableID(of string) string {
	sum := sha256.Sum256([]byte(address(of)))
	return slug(address(of)) + "-" + hex.EncodeToString(sum[:8])
}

var notSlug = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// slug is the readable part of an address.
func slug(address string) string {
	s := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		s = u.Hostname() + u.EscapedPath()
		if p, err := url.PathUnescape(u.EscapedPath()); err == nil {
			s = u.Hostname() + p
		}
	}
	s = strings.Trim(notSlug.ReplaceAllString(s, "-"), "-")
	if r := []rune(s); len(r) > 40 {
		s = strings.Trim(string(r[:40]), "-")
	}
	if s == "" {
		s = "page"
	}
	return s
}

// encode is a request, or a failure, as Kafka carries it.
func encode[T job.Request | job.Failure](v T) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%T cannot be encoded: %v", v, err)) // it has strings, numbers and JSON only
	}
	return b
}
