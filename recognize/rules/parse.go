package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// packVersion is the version of the pack format.
const packVersion = "v1"

// parsePack reads a pack file. With mistakes, the pack is only good for
// finding more of them.
func parsePack(file string, data []byte) (Pack, mistakes) {
	rd := &reader{file: file}
	p := Pack{File: file, Hash: hashOf(data)}
	root := rd.root(data)
	if root == nil {
		return p, rd.wrong
	}
	top := rd.fields(field{line: 1, node: root}, "version", "pack", "rules")
	if top == nil {
		return p, rd.wrong
	}
	choice(rd, top["version"], packVersion)
	p.Name = rd.name(top["pack"])
	if !top["rules"].there() {
		rd.mistake(1, "rules is missing; a pack has at least one rule")
		return p, rd.wrong
	}
	for _, item := range rd.items(top["rules"]) {
		p.Rules = append(p.Rules, rd.rule(item))
	}
	return p, rd.wrong
}

// root parses the YAML; nil if there is no tree to look at.
func (rd *reader) root(data []byte) ast.Node {
	switch {
	case len(data) > maxPackBytes:
		rd.mistake(0, "%d bytes, more than %d; split the pack", len(data), maxPackBytes)
		return nil
	case !utf8.Valid(data):
		rd.mistake(0, "is not UTF-8; save it as UTF-8")
		return nil
	}
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok {
			rd.mistake(lineOfToken(e.GetToken(), 1), "not YAML: %s", e.GetMessage())
		} else {
			rd.mistake(1, "not YAML: %v", err)
		}
		return nil
	}
	var docs []*ast.DocumentNode
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	switch len(docs) {
	case 0:
		rd.mistake(0, "is empty; a pack has version, pack and rules")
		return nil
	case 1:
		return docs[0].Body
	}
	rd.mistake(lineOf(docs[1].Body, 1), "a second YAML document; put it into a file of its own")
	return nil
}

// rule reads one rule and, if it is well formed, runs its tests.
func (rd *reader) rule(f field) Rule {
	before := len(rd.wrong)
	f.name = ""
	k := rd.fields(f, "id", "mode", "severity", "scope", "from", "until", "law", "message", "suggest", "match", "unless", "tests")
	r := Rule{line: f.line, Where: mistake{rd.file, f.line, ""}.place()}
	if k == nil {
		return r
	}
	r.ID = rd.name(k["id"])
	r.Mode = choice(rd, k["mode"], result.Off, result.Report, result.Enforce)
	r.Severity = choice(rd, k["severity"], result.High, result.ReviewSeverity, result.Info)
	if k["scope"].there() {
		scope := rd.fields(k["scope"], "category")
		if r.Categories = rd.strs(scope["category"]); scope != nil && !scope["category"].there() {
			rd.mistake(k["scope"].line, "scope.category is missing; name the categories or leave scope out")
		}
	}
	r.From, r.Until = rd.date(k["from"]), rd.date(k["until"])
	if r.From != "" && r.Until != "" && r.Until < r.From {
		rd.mistake(k["until"].line, "until: %s is before from, %s", r.Until, r.From)
	}
	r.Law = rd.optional(k["law"])
	r.Message = rd.str(k["message"])
	r.Suggest = rd.strs(k["suggest"])
	rd.match(&r, k["match"], k["unless"])
	rd.tests(&r, k["tests"])
	if len(rd.wrong) == before {
		rd.wrong = append(rd.wrong, r.verify(rd.file)...)
	}
	return r
}

func (rd *reader) match(r *Rule, f, unless field) {
	if !f.there() {
		rd.mistake(f.line, "match is missing; say what to look for in match.any")
		return
	}
	k := rd.fields(f, "any", "gap", "fuzzy", "require")
	if k == nil {
		return
	}
	r.gap = match.Word
	if k["gap"].there() {
		switch choice(rd, k["gap"], "none", "word", "line") {
		case "none":
			r.gap = match.None
		case "line":
			r.gap = match.Line
		}
	}
	r.Fuzzy = rd.number(k["fuzzy"], match.MaxFuzzy)
	r.Require = rd.truth(k["require"])
	if r.Fuzzy > 0 && r.gap == match.None {
		rd.mistake(k["fuzzy"].line, "match.fuzzy: cannot go with gap: none, which wants the text as written; leave one out")
	}
	if !k["any"].there() {
		rd.mistake(f.line, "match.any is missing; list phrases or {re: …}")
	} else {
		r.any, r.Any = rd.patterns(k["any"], r.Fuzzy > 0)
	}
	if unless.there() {
		r.unless, r.Unless = rd.patterns(unless, false)
		if r.Require {
			rd.mistake(unless.line, "unless: has no meaning with match.require, which is about what is missing; leave one out")
		}
	}
}

// patterns reads a list of phrases and regular expressions.
func (rd *reader) patterns(f field, fuzzy bool) (ps []match.Pattern, shown []string) {
	phrases := 0
	for _, item := range rd.items(f) {
		if isMapping(item.node) {
			re := rd.fields(item, "re")["re"]
			before := len(rd.wrong)
			if s := rd.str(re); len(rd.wrong) == before {
				p, err := match.Regexp(s)
				if err != nil {
					rd.mistake(re.line, "%s: %v", re.name, err)
				}
				ps, shown = append(ps, p), append(shown, "/"+s+"/")
			}
			continue
		}
		phrases++
		before := len(rd.wrong)
		if s := rd.str(item); len(rd.wrong) == before {
			p, err := match.Phrase(s, fuzzy)
			if err != nil {
				rd.mistake(item.line, "%s: %v", f.name, err)
			}
			ps, shown = append(ps, p), append(shown, s)
		}
	}
	if fuzzy && phrases == 0 && len(ps) > 0 {
		rd.mistake(f.line, "%s: fuzzy is for phrases and there is none; leave fuzzy out", f.name)
	}
	return ps, shown
}

func (rd *reader) tests(r *Rule, f field) {
	if !f.there() {
		rd.mistake(f.line, "tests is missing; give texts that the rule must hit and must miss")
		return
	}
	k := rd.fields(f, "hit", "miss")
	if k == nil {
		return
	}
	for _, name := range []string{"hit", "miss"} {
		if !k[name].there() {
			rd.mistake(f.line, "tests.%s is missing; a rule has at least one text that it must %s", name, name)
		}
	}
	r.Hit, r.Miss = rd.strs(k["hit"]), rd.strs(k["miss"])
	for _, name := range []string{"hit", "miss"} {
		if n, ok := k[name].node.(*ast.SequenceNode); ok {
			for _, v := range n.Values {
				r.testLines = append(r.testLines, lineOf(v, k[name].line))
			}
		}
	}
}

// verify runs the rule's tests, whatever its mode, scope and dates. To hit is
// to yield a finding; for a rule that requires something, that is the text without it.
func (r *Rule) verify(file string) (wrong mistakes) {
	for i, s := range slices.Concat(r.Hit, r.Miss) {
		hit, want := i < len(r.Hit), "hit and does not"
		if !hit {
			want = "miss and hits"
		}
		if r.broken(match.Read(match.Plain(s))) == hit {
			continue
		}
		wrong = append(wrong, mistake{file, r.testLines[i], fmt.Sprintf(
			"rule %s fails its own test: %q should %s; mend match, unless or the test", r.ID, s, want)})
	}
	return wrong
}

// name reads the id of a rule or the name of a pack.
func (rd *reader) name(f field) string {
	before := len(rd.wrong)
	s := rd.str(f)
	if len(rd.wrong) == before && !idPattern.MatchString(s) {
		rd.mistake(f.line, "%s: %q may have small letters and digits, with single . _ - between them", f.name, s)
	}
	return s
}

func (rd *reader) date(f field) string {
	before := len(rd.wrong)
	s := rd.optional(f)
	if _, err := time.Parse(time.DateOnly, s); s != "" && err != nil && len(rd.wrong) == before {
		rd.mistake(f.line, "%s: %q is no day of the calendar; write it as 2026-01-31", f.name, s)
	}
	return strings.TrimSpace(s)
}
