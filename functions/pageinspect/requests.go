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
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
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
// own fields stand. What is missing is filled in from the template.
func (t template) request(line []byte) (job.Request, error) {
	var r job.Request
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
	return r, r.Validate()
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
