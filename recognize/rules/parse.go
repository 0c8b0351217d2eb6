package rules

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for the zones of packs, which a container need not have
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
	v, ms := common()
	rd := &reader{file: file, wrong: slices.Clone(ms)}
	p := Pack{File: file, Hash: hashOf(data), Worst: result.Reject, zone: korea}
	root := rd.root(data)
	if root == nil {
		return p, rd.wrong
	}
	top := rd.fields(field{line: 1, node: root}, "version", "pack", "replace", "zone", "checked", "verdict", "words", "excuses",
		"excuse", "scope", "rules", "profile")
	if top == nil {
		return p, rd.wrong
	}
	choice(rd, top["version"], packVersion)
	p.Name = rd.name(top["pack"])
	p.Replace = rd.truth(top["replace"])
	p.Checked = rd.date(top["checked"])
	if top["verdict"].there() {
		p.Worst = choice(rd, top["verdict"], result.Pass, result.Review, result.Reject)
	}
	p.zone = rd.zone(top["zone"])
	if top["words"].there() || top["excuses"].there() {
		v = v.clone()
		rd.vocabulary(v, top)
	}
	if top["profile"].there() {
		if p.Packs = rd.strs(top["profile"]); top["rules"].there() {
			rd.mistake(top["profile"].line, "profile: it names packs and has no rules of its own; put them into a pack")
		}
		return p, rd.wrong
	}
	if !top["rules"].there() {
		rd.mistake(1, "rules is missing; a pack has at least one rule, or a profile names packs")
		return p, rd.wrong
	}
	for _, item := range rd.items(top["rules"]) {
		p.Rules = append(p.Rules, rd.rule(item, v, top, p.Checked))
	}
	return p, rd.wrong
}

// korea is where the days of a pack are days unless it says another zone.
var korea = time.FixedZone("Asia/Seoul", 9*60*60)

func (rd *reader) zone(f field) *time.Location {
	if !f.there() {
		return korea
	}
	name := rd.str(f)
	z, err := time.LoadLocation(name)
	if err != nil {
		rd.mistake(f.line, "%s: %q is no time zone; write it as Asia/Seoul", f.name, name)
		return korea
	}
	return z
}

// root parses the YAML; nil if there is no tree to look at.
func (rd *reader) root(data []byte) ast.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as Windows begins its files
	switch {
	case len(data) > maxPackBytes:
		rd.mistake(0, "%d bytes, more than %d; split the pack", len(data), maxPackBytes)
		return nil
	case !utf8.Valid(data):
		rd.mistake(0, "is not UTF-8; save it as UTF-8 (UTF-8로 저장하세요)")
		return nil
	}
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok {
			line := lineOfToken(e.GetToken(), 1)
			rd.mistake(line, "not YAML: %s%s", e.GetMessage(), cure(data, line))
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

// rule reads one rule. top has what the pack says for all its rules.
func (rd *reader) rule(f field, v vocabulary, top map[string]field, checked string) Rule {
	before := len(rd.wrong)
	f.name = ""
	k := rd.fields(f, "id", "mode", "severity", "kind", "fallback", "scope", "from", "until", "law", "message", "suggest", "match",
		"unless", "excuse", "evasion", "tests")
	r := Rule{line: f.line, Where: mistake{rd.file, f.line, ""}.place(), Kind: result.Forbidden}
	if k == nil {
		return r
	}
	r.ID = rd.name(k["id"])
	r.Mode = choice(rd, k["mode"], result.Off, result.Report, result.Enforce)
	r.Severity = choice(rd, k["severity"], result.High, result.ReviewSeverity, result.Info)
	if k["kind"].there() {
		r.Kind = choice(rd, k["kind"], result.Kinds...)
	}
	r.Fallback = rd.truth(k["fallback"])
	scope := k["scope"]
	if !scope.there() {
		scope = top["scope"]
	}
	rd.scope(&r, scope)
	r.From, r.Until = rd.date(k["from"]), rd.date(k["until"])
	if r.From != "" && r.Until != "" && r.Until < r.From {
		rd.mistake(k["until"].line, "until: %s is before from, %s", r.Until, r.From)
	}
	rd.law(&r, k["law"], checked)
	r.Message = rd.str(k["message"])
	r.Suggest = rd.strs(k["suggest"])
	rd.match(&r, k["match"], k["unless"], v)
	rd.excused(&r, k["excuse"], top["excuse"], v)
	if r.evasion = rd.evasions(k["evasion"]); r.gap == match.None {
		r.evasion = 0
	}
	rd.tests(&r, k["tests"])
	r.sound = len(rd.wrong) == before
	return r
}

func (rd *reader) scope(r *Rule, f field) {
	if !f.there() {
		return
	}
	scope := rd.fields(f, "category", "except")
	r.Categories, r.Not = rd.strs(scope["category"]), rd.strs(scope["except"])
	if scope != nil && !scope["category"].there() && !scope["except"].there() {
		rd.mistake(f.line, "scope.category is missing; name the categories or leave scope out")
	}
}

// law reads a legal basis: in words, or by its parts.
func (rd *reader) law(r *Rule, f field, checked string) {
	if !f.there() || !isMapping(f.node) {
		r.Law = rd.optional(f)
		return
	}
	k := rd.fields(f, "act", "article", "paragraph", "item", "source", "checked")
	b := result.Basis{Act: rd.str(k["act"]), Article: rd.optional(k["article"]), Paragraph: rd.optional(k["paragraph"]),
		Item:   rd.optional(k["item"]),
		Source: rd.optional(k["source"]), Checked: checked}
	if k["checked"].there() {
		b.Checked = rd.date(k["checked"])
	}
	r.Basis, r.Law = &b, b.String()
}

func (rd *reader) match(r *Rule, f, unless field, v vocabulary) {
	if !f.there() {
		rd.mistake(f.line, "match is missing; say what to look for in match.any")
		return
	}
	k := rd.fields(f, "any", "gap", "fuzzy", "require")
	if k == nil {
		return
	}
	r.gap = match.Line
	if k["gap"].there() {
		switch choice(rd, k["gap"], "none", "word", "line") {
		case "none":
			r.gap = match.None
		case "word":
			r.gap = match.Word
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
		r.any = rd.itemList(k["any"], v, r.Fuzzy > 0)
	}
	if unless.there() {
		r.unless = rd.itemList(unless, v, false)
		if r.Require {
			rd.mistake(unless.line, "unless: has no meaning with match.require, which is about what is missing; leave one out")
		}
	}
	for _, it := range r.any {
		r.Any = append(r.Any, it.shown)
	}
	for i, it := range r.unless {
		r.Unless = append(r.Unless, it.shown)
		r.unless[i].Evasion = 0
		if r.unless[i].Begins == match.Auto {
			r.unless[i].Begins = match.Inside
		}
		if it.Ends == match.Auto {
			r.unless[i].Ends = match.Inside
		}
	}
}

// excused reads which excuses a rule takes: its own, or else its pack's.
func (rd *reader) excused(r *Rule, own, pack field, v vocabulary) {
	f := own
	if !f.there() {
		f = pack
	}
	if !f.there() || r.Require {
		return
	}
	for _, name := range rd.strs(f) {
		if name == "none" {
			continue
		}
		e, ok := v.excuses[name]
		if !ok {
			rd.mistake(f.line, "%s: no excuse %q; there are: none, %s", f.name, name,
				strings.Join(slices.Sorted(maps.Keys(v.excuses)), ", "))
			continue
		}
		e, err := e.expanded(v)
		if err != nil {
			rd.mistake(f.line, "excuse %s: %v", name, err)
		}
		r.excuses, r.Excuses = append(r.excuses, e), append(r.Excuses, name)
	}
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
			"rule %s fails its own test: %q should %s%s; mend match, unless or the test", r.ID, s, want, r.because(s, hit))})
	}
	return wrong
}

// because says why a test that should hit does not, where that is known, and by
// what one that should miss is met.
func (r *Rule) because(text string, hit bool) string {
	for _, m := range r.misses(match.Read(match.Plain(text))) {
		switch {
		case hit && m.Why != "":
			return fmt.Sprintf(" (%q %s)", m.Quote, m.Why)
		case !hit && m.Why == "":
			return fmt.Sprintf(" (%q is met by %s)", m.Quote, m.Pattern)
		}
	}
	return ""
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
