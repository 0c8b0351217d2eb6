package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"golang.org/x/text/encoding/korean"
)

// readLines gives each line of a file, or of standard input for "-", that is
// neither empty nor a comment, with its number.
func readLines(file string, stdin io.Reader, each func(number int, line []byte)) error {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fault.New(fault.Invalid, "%v; give a file of addresses, or - for standard input", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, job.MaxRequestBytes+1)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // what Windows editors put first
		}
		if bytes.Equal(line, []byte{0}) || bytes.Equal(line, []byte("\r\x00")) {
			continue // an empty line of UTF-16, whose other lines are refused
		}
		if len(line) > 0 && line[0] != '#' {
			each(n, bytes.Clone(line))
		}
	}
	if err := lines.Err(); err != nil {
		return fault.New(fault.Invalid, "%s: %v", file, err)
	}
	return nil
}

// template is what the flags say of every request.
type template struct {
	Profile, Category string
	Rules             []string
	Force, SafeSearch bool
}

// request makes a request of one line: an address, or a request as JSON, whose
// own fields stand. What is missing is filled in from the template. The error is
// about a line that says nothing; whether the request may be is Validate's to say.
func (t template) request(line []byte) (job.Request, error) {
	var r job.Request
	if err := notText(line); err != nil {
		return r, err
	}
	if line[0] == '{' {
		if err := json.Unmarshal(line, &r); err != nil {
			return r, fault.New(fault.Invalid, "not JSON: %v", err)
		}
	} else {
		r.URL = string(line)
	}
	if r.Schema == "" {
		r.Schema = job.RequestSchema
	}
	if r.ID == "" {
		r.ID = newID(r.URL)
	}
	if r.Profile == "" {
		r.Profile = t.Profile
	}
	if r.Category == "" {
		r.Category = t.Category
	}
	if len(r.Rules) == 0 {
		r.Rules = t.Rules
	}
	r.Force = r.Force || t.Force
	r.SafeSearch = r.SafeSearch || t.SafeSearch
	return r, nil
}

// notText refuses what is not UTF-8: decoding it all the same would make another
// address of it. Windows' editors and Excel write the encodings that it names.
func notText(line []byte) error {
	switch {
	case bytes.IndexByte(line, 0) >= 0, bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
		return fault.New(fault.Invalid, "not UTF-8, but UTF-16 (Windows calls it Unicode); save the file as UTF-8")
	case utf8.Valid(line):
		return nil
	}
	if text, err := korean.EUCKR.NewDecoder().Bytes(line); err == nil && !bytes.ContainsRune(text, utf8.RuneError) {
		return fault.New(fault.Invalid, "not UTF-8, but likely CP949 (EUC-KR, as Korean Excel saves CSV): %q; save the file as UTF-8", text)
	}
	return fault.New(fault.Invalid, "not UTF-8, but an encoding such as Windows-1252 (Latin-1); save the file as UTF-8")
}

var notSlug = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// newID makes an id that a person recognizes and that is new each time, since
// a page may be inspected again any day.
func newID(address string) string {
	var nonce [8]byte
	rand.Read(nonce[:]) //nolint:errcheck // never fails: crypto/rand since Go 1.24
	sum := sha256.Sum256(append(nonce[:], address...))
	return slug(address) + "-" + hex.EncodeToString(sum[:4])
}

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

// line is one of those that were given, and where.
type line struct {
	where string
	text  []byte
}

// given are the lines of the arguments and of a file, of which "-" is standard input.
func given(file string, urls []string, stdin io.Reader) ([]line, error) {
	var lines []line
	for _, u := range urls {
		if u == "-" && file == "" {
			file = "-"
			continue
		}
		if text := bytes.TrimSpace([]byte(u)); len(text) > 0 {
			lines = append(lines, line{u, text})
		}
	}
	if file == "" {
		return lines, nil
	}
	name := file
	if file == "-" {
		name = "standard input"
	}
	err := readLines(file, stdin, func(n int, text []byte) { lines = append(lines, line{fmt.Sprintf("%s:%d", name, n), text}) })
	return lines, err
}

// asked is what one line asks for.
type asked struct {
	line
	request job.Request
	refused error // it is none, or could not be told from another in what comes back
	invalid error // what Capture would say of it
}

// ask makes requests of lines, on every core: of 10,000 the reading takes as long
// as the publishing. Lines of one id are asked for once; if they are of several
// addresses, only the first is not refused.
func (t template) ask(lines []line) []asked {
	all := make([]asked, len(lines))
	var reading sync.WaitGroup
	share := len(lines)/runtime.GOMAXPROCS(0) + 1
	for first := 0; first < len(lines); first += share {
		reading.Go(func() {
			for i := first; i < min(first+share, len(lines)); i++ {
				a := asked{line: lines[i]}
				if a.request, a.refused = t.request(a.text); a.refused == nil {
					a.invalid = a.request.Validate()
				}
				if id := job.CheckID(a.request.ID); a.refused == nil && id != nil {
					a.refused = fault.Wrap(fault.Invalid, id, "id")
				}
				all[i] = a
			}
		})
	}
	reading.Wait()
	once := all[:0]
	first := make(map[string]int, len(all))
	for _, a := range all {
		if a.refused == nil {
			if n, ok := first[a.request.ID]; ok {
				if was := once[n]; was.request.URL != a.request.URL {
					a.refused = fault.New(fault.Invalid, "the id %s is of %s (%s) and cannot be of %s too; give each address an id of its own",
						a.request.ID, was.request.URL, was.where, a.request.URL)
					once = append(once, a)
				}
				continue
			}
			first[a.request.ID] = len(once)
		}
		once = append(once, a)
	}
	return once
}
