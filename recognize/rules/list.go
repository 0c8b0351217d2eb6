package rules

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// maxListBytes bounds a list of words.
const maxListBytes = 32 << 20

// isList says whether a file is a plain list of words and no YAML.
func isList(name string) bool { return slices.Contains([]string{".txt", ".csv"}, path.Ext(name)) }

// listed is one word of a list and what is said of it.
type listed struct {
	phrase string
	line   int
	listing
}

// listing is what words of a list have in common: each makes a rule.
type listing struct{ severity, message, category, law string }

// defaults of a list, which it may set in comments: "# severity: high".
var listDefaults = listing{severity: string(result.ReviewSeverity), message: "금칙어"}

// parseList makes a pack of a list: a word a line, or a CSV file with a header
// that has phrase and may have severity, message, category and law. Words that
// have these in common are one rule. Blank lines and those that begin with #
// are passed over, but for defaults and the pack's name: "# pack: mine".
func parseList(file string, data []byte) (Pack, mistakes) {
	rd := &reader{file: file}
	p := Pack{File: file, Hash: hashOf(data), Name: listName(file), Worst: result.Reject, zone: korea}
	switch data = bytes.TrimPrefix(data, []byte("\ufeff")); {
	case len(data) > maxListBytes:
		rd.mistake(0, "%d bytes, more than %d; split the list", len(data), maxListBytes)
		return p, rd.wrong
	case !utf8.Valid(data):
		rd.mistake(0, "is not UTF-8; save it as UTF-8 (엑셀에서는 'CSV UTF-8'로 저장)")
		return p, rd.wrong
	}
	var words []listed
	if path.Ext(file) == ".csv" {
		words = rd.table(data)
	} else {
		words = rd.lines(data, &p)
	}
	if !idPattern.MatchString(p.Name) {
		rd.mistake(1,
			`pack: %q may have small letters and digits, with single . _ - between them; name the file so, or say "# pack: mine" in it`, p.Name)
	}
	if len(words) == 0 && len(rd.wrong) == 0 {
		rd.mistake(0, "is empty; a list has a word a line")
	}
	rd.listRules(&p, words)
	return p, rd.wrong
}

// listRules makes the rules of a list, in the order of their first words.
func (rd *reader) listRules(p *Pack, words []listed) {
	at := map[listing]int{}
	for _, w := range words {
		i, ok := at[w.listing]
		if !ok {
			i = len(p.Rules)
			at[w.listing] = i
			p.Rules = append(p.Rules, rd.listRule(p.Name, i+1, w))
		}
		r := &p.Rules[i]
		r.any[0].words = append(r.any[0].words, w.phrase)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		r.sound, r.tried = len(rd.wrong) == 0, true // it has no tests to run
	}
}

func (rd *reader) listRule(pack string, n int, w listed) Rule {
	r := Rule{ID: fmt.Sprintf("%s.words-%d", pack, n), Mode: result.Enforce, Severity: result.Severity(w.severity),
		Kind: result.Policy, Message: w.message, Law: w.law,
		Any: []string{"a word of the list"}, evasion: match.AllEvasion, gap: match.Line, line: w.line, Where: mistake{rd.file,
			w.line, ""}.place()}
	r.any = []item{{shown: r.Any[0], Options: match.Options{Evasion: match.AllEvasion}}}
	for c := range strings.FieldsFuncSeq(w.category, func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
		r.Categories = append(r.Categories, strings.TrimSpace(c))
	}
	if !slices.Contains([]result.Severity{result.High, result.ReviewSeverity, result.Info}, r.Severity) {
		rd.mistake(w.line, "severity: %q is none of high, review, info", w.severity)
	}
	return r
}

// lines reads a word a line.
func (rd *reader) lines(data []byte, p *Pack) (words []listed) {
	common := listDefaults
	n := 0
	for l := range strings.Lines(string(data)) {
		n++
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if note, ok := strings.CutPrefix(l, "#"); ok {
			rd.setting(note, n, p, &common)
			continue
		}
		words = append(words, listed{l, n, common})
	}
	return words
}

// setting takes a default out of a comment, if it is one.
func (rd *reader) setting(note string, line int, p *Pack, to *listing) {
	key, value, ok := strings.Cut(note, ":")
	if value = strings.TrimSpace(value); !ok || value == "" {
		return
	}
	switch strings.TrimSpace(key) {
	case "pack":
		p.Name = value
	case "replace":
		p.Replace = value == "true"
	case "severity":
		to.severity = value
	case "message":
		to.message = value
	case "category":
		to.category = value
	case "law":
		to.law = value
	}
}

// table reads a CSV file with a header.
func (rd *reader) table(data []byte) (words []listed) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	header, err := r.Read()
	if err != nil {
		rd.mistake(1, "not CSV: %v; want a header such as phrase,severity,message,category", err)
		return nil
	}
	column := map[string]int{}
	for i, h := range header {
		h = strings.ToLower(strings.TrimSpace(h))
		if !slices.Contains([]string{"phrase", "severity", "message", "category", "law"}, h) {
			rd.mistake(1, "unknown column %q; the columns are phrase, severity, message, category, law", h)
		}
		column[h] = i
	}
	if _, ok := column["phrase"]; !ok {
		rd.mistake(1, "the column phrase is missing; want a header such as phrase,severity,message,category")
		return nil
	}
	for {
		f, err := r.Read()
		if err == io.EOF {
			return words
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			rd.mistake(line, "not CSV: %v", err)
			return words
		}
		get := func(name, otherwise string) string {
			if i, ok := column[name]; ok && i < len(f) && strings.TrimSpace(f[i]) != "" {
				return strings.TrimSpace(f[i])
			}
			return otherwise
		}
		if phrase := get("phrase", ""); phrase != "" && !strings.HasPrefix(phrase, "#") {
			words = append(words, listed{phrase, line, listing{get("severity", listDefaults.severity), get("message",
				listDefaults.message), get("category", ""), get("law", "")}})
		}
	}
}

var unnamed = regexp.MustCompile(`[^a-z0-9._-]+`)

// listName is the pack's name after its file's.
func listName(file string) string {
	name := strings.ToLower(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	return strings.Trim(unnamed.ReplaceAllString(name, "-"), "-._")
}
