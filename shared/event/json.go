package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// This file finds JSON values inside a body without copying them. encoding/json
// cannot: each level of json.RawMessage checks and copies all the bytes below
// it once more. Here a value is first found by its quotes and brackets alone,
// which is cheap, then checked once by json.Valid, and only then taken apart.

const jsonSpace = " \t\r\n"

// item is one value of a batch: a piece of the body, and whether it is JSON.
// The functions that split a body stop at one more than MaxRecords.
type item struct {
	raw   []byte
	valid bool
}

// skipSpace returns the first index at or after i that is not JSON white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// stringEnd returns the index after the string whose opening quote is b[i], or -1.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		quote := i + n
		backslashes := 0
		for quote-backslashes > i && b[quote-backslashes-1] == '\\' {
			backslashes++
		}
		i = quote + 1
		if backslashes%2 == 0 {
			return i
		}
	}
	return -1
}

// valueEnd returns the index after the value that begins at b[i], or -1 where
// none can begin or it has no end. It does not check the value itself.
func valueEnd(b []byte, i int) int {
	start, depth := i, 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if depth == 0 && i > start {
				return i
			}
			if i = stringEnd(b, i); i < 0 || depth == 0 {
				return i
			}
			continue
		case '{', '[':
			if depth == 0 && i > start {
				return i
			}
			depth++
		case '}', ']':
			switch depth--; {
			case depth == 0:
				return i + 1
			case depth < 0 && i > start:
				return i
			case depth < 0:
				return -1
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				if i == start {
					return -1
				}
				return i
			}
		}
		i++
	}
	if depth > 0 || i == start {
		return -1
	}
	return i
}

// elements splits an array at its own commas. One broken element does not spoil
// its neighbours: each is valid or not by itself. It reports false where no
// split can be trusted: the array does not end, something follows it, or an
// element is empty.
func elements(b []byte) ([]item, bool) {
	i := skipSpace(b, 1)
	if i < len(b) && b[i] == ']' {
		return nil, i == len(b)-1
	}
	// A first guess from the size keeps a batch of ordinary requests from growing the slice often.
	items := make([]item, 0, 1+len(b)/256)
	for start, depth := i, 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = stringEnd(b, i); i < 0 {
				return nil, false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth > 0 {
				if b[i] != ',' {
					depth--
				}
				break
			}
			raw := bytes.Trim(b[start:i], jsonSpace)
			if b[i] == '}' || len(raw) == 0 {
				return nil, false
			}
			items = append(items, item{raw, json.Valid(raw)})
			if b[i] == ']' {
				return items, i == len(b)-1
			}
			if len(items) > MaxRecords {
				return items, true
			}
			start = i + 1
		}
		i++
	}
	return nil, false
}

// sequence splits values that follow one another: a single one, NDJSON, or
// pretty-printed objects joined by newlines. It reports false unless each is
// an object or null, and valid.
func sequence(b []byte) ([]item, bool) {
	var items []item
	for i := 0; i < len(b) && len(items) <= MaxRecords; i = skipSpace(b, i) {
		end := valueEnd(b, i)
		if end < 0 {
			return nil, false
		}
		raw := b[i:end]
		if (raw[0] != '{' && !isNull(raw)) || !json.Valid(raw) {
			return nil, false
		}
		items = append(items, item{raw, true})
		i = end
	}
	return items, len(items) > 0
}

// lines splits NDJSON of which some lines are broken. It must not tear apart a
// single pretty-printed value that was cut off, so it wants at least one line
// that is a complete object and begins at the margin, and a first line that
// does not merely open something.
func lines(b []byte) ([]item, bool) {
	var items []item
	whole := false
	for line := range bytes.Lines(b) {
		raw := bytes.Trim(line, jsonSpace)
		if len(raw) == 0 {
			continue
		}
		it := item{raw, json.Valid(raw)}
		whole = whole || it.valid && line[0] == '{'
		if items = append(items, it); len(items) > MaxRecords {
			break
		}
	}
	if len(items) < 2 || !whole || string(items[0].raw) == "{" {
		return nil, false
	}
	return items, true
}

// object is the members of one JSON object, in order. The slices are pieces of
// the body; names are still quoted.
type object []member

type member struct{ name, value []byte }

// members takes apart a valid JSON object into o's memory.
func (o object) members(b []byte) object {
	o = o[:0]
	for i := skipSpace(b, 1); i < len(b) && b[i] == '"'; {
		end := stringEnd(b, i)
		name := b[i:end]
		i = skipSpace(b, skipSpace(b, end)+1) // over the colon
		end = valueEnd(b, i)
		o = append(o, member{name, b[i:end]})
		if i = skipSpace(b, end); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
	return o
}

// key is the member's name, unquoted.
func (m member) key() string {
	s, _ := plain(m.name)
	return string(s)
}

// is compares the member's name without allocating.
func (m member) is(name string) bool {
	n := m.name[1 : len(m.name)-1]
	if bytes.IndexByte(n, '\\') < 0 {
		return string(n) == name
	}
	return m.key() == name
}

// get returns the value of a member, nil if there is none. Of duplicates the
// last counts, as in encoding/json.
func (o object) get(name string) []byte {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].is(name) {
			return o[i].value
		}
	}
	return nil
}

// str returns a member that is a JSON string; ok is false for anything else.
func (o object) str(name string) (s string, ok bool) {
	return str(o.get(name))
}

func str(raw []byte) (string, bool) {
	if !isString(raw) {
		return "", false
	}
	b, err := plain(raw)
	return string(b), err == nil
}

// integer returns a member that is a JSON integer of at least 0.
func (o object) integer(name string) (int64, bool) {
	return natural(string(o.get(name)))
}

// natural parses a decimal integer of at least 0.
func natural(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0
}

// object returns a member that is a JSON object.
func (o object) object(name string) (object, bool) {
	raw := o.get(name)
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	return object(nil).members(raw), true
}

// strings returns the members that are JSON strings; nil if there are none.
func (o object) strings() map[string]string {
	var all map[string]string
	for _, m := range o {
		if s, ok := str(m.value); ok {
			if all == nil {
				all = make(map[string]string, len(o))
			}
			all[m.key()] = s
		}
	}
	return all
}

func isNull(raw []byte) bool { return string(raw) == "null" }

// isString is for a value that is known to be valid, or missing.
func isString(raw []byte) bool { return len(raw) > 0 && raw[0] == '"' }

// plain returns the text of a valid JSON string, without a copy where nothing
// is escaped. It fails where the text cannot be had exactly: bytes that are not
// UTF-8 and half surrogate pairs, which encoding/json would replace in silence.
func plain(raw []byte) ([]byte, error) {
	if in := raw[1 : len(raw)-1]; bytes.IndexByte(in, '\\') < 0 && utf8.Valid(in) {
		return in, nil
	}
	return unquote(raw[1 : len(raw)-1])
}

var errNotUnicode = errors.New("the text is not Unicode: bytes that are not UTF-8, or half of a surrogate pair")

// unquote takes the escapes out of the inside of a valid JSON string.
func unquote(in []byte) ([]byte, error) {
	if !utf8.Valid(in) {
		return nil, errNotUnicode
	}
	out := make([]byte, 0, len(in))
	for len(in) > 0 {
		plain := bytes.IndexByte(in, '\\')
		if plain < 0 {
			return append(out, in...), nil
		}
		out, in = append(out, in[:plain]...), in[plain:]
		switch named := strings.IndexByte("bfnrt", in[1]); {
		case in[1] == 'u':
			r := hex(in)
			in = in[6:]
			if utf16.IsSurrogate(r) {
				if r = utf16.DecodeRune(r, hex(in)); r == utf8.RuneError {
					return nil, errNotUnicode
				}
				in = in[6:]
			}
			out = utf8.AppendRune(out, r)
		case named >= 0:
			out, in = append(out, "\b\f\n\r\t"[named]), in[2:]
		default: // a quote, a slash or a backslash stands for itself
			out, in = append(out, in[1]), in[2:]
		}
	}
	return out, nil
}

// hex is the number of the \uXXXX that in begins with, else 0.
func hex(in []byte) rune {
	if len(in) < 6 || in[0] != '\\' || in[1] != 'u' {
		return 0
	}
	n, _ := strconv.ParseUint(string(in[2:6]), 16, 16) // valid, as the string is
	return rune(n)
}

// strictBase64 has one spelling for every value, so that ordinary text is
// seldom taken for it.
var strictBase64 = base64.StdEncoding.Strict()

// decodeBase64 decodes standard, padded base64 as JSON carries it.
func decodeBase64(raw []byte) ([]byte, error) {
	s, err := plain(raw)
	if err != nil {
		return nil, err
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(out, s)
	return out[:n], err
}
