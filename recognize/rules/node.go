package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// mistake is one thing wrong with a pack file.
type mistake struct {
	file string
	line int // from 1; 0 for the file as a whole
	msg  string
}

func (m mistake) Error() string { return m.place() + ": " + m.msg }

func (m mistake) place() string {
	if m.line == 0 {
		return m.file
	}
	return fmt.Sprintf("%s:%d", m.file, m.line)
}

// mistakes is all of them, for people to read: one a line.
type mistakes []mistake

func (ms mistakes) Error() string {
	s := make([]string, len(ms))
	for i, m := range ms {
		s[i] = m.Error()
	}
	all := strings.Join(s, "\n")
	if len(ms) > 1 {
		all = fmt.Sprintf("%d mistakes:\n%s", len(ms), all)
	}
	return all
}

// reader takes typed values out of a YAML tree and notes what is wrong with
// them. The decoder of the YAML package would stop at the first mistake.
type reader struct {
	file  string
	wrong mistakes
	words *match.Dictionary // of the items that were read, to see whether each can be looked for
}

func (rd *reader) mistake(line int, format string, args ...any) {
	rd.wrong = append(rd.wrong, mistake{rd.file, line, fmt.Sprintf(format, args...)})
}

// field is a key's value. A field that is not in the file has a nil node, and
// the line of the mapping it is missing from.
type field struct {
	name string // with the keys above it: match.any
	line int
	node ast.Node
}

func (f field) there() bool { return f.node != nil }

// fields reads a mapping whose keys must be among known; nil if it is none.
func (rd *reader) fields(f field, known ...string) map[string]field {
	got := make(map[string]field, len(known))
	for _, k := range known {
		got[k] = field{name: f.join(k), line: f.line}
	}
	var values []*ast.MappingValueNode
	switch n := f.node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		rd.mistake(f.line, "%swant a mapping with %s, not %s", f.colon(), strings.Join(known, ", "), kind(f.node))
		return nil
	}
	for _, v := range values {
		line := lineOf(v.Key, f.line)
		key := v.Key.String()
		if s, ok := v.Key.(*ast.StringNode); ok {
			key = s.Value
		}
		switch {
		case !slices.Contains(known, key):
			rd.mistake(line, "%sunknown key %q; the keys are %s", f.colon(), key, strings.Join(known, ", "))
		case got[key].there():
			rd.mistake(line, "%s is given twice; keep one", f.join(key))
		default:
			got[key] = field{name: f.join(key), line: line, node: v.Value}
		}
	}
	return got
}

// entry is a key of a mapping whose keys are names, and its value.
type entry struct {
	key string
	field
}

// entries reads a mapping of any names, which may be missing.
func (rd *reader) entries(f field) (all []entry) {
	if !f.there() {
		return nil
	}
	var values []*ast.MappingValueNode
	switch n := f.node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		rd.mistake(f.line, "%s: want a mapping, not %s", f.name, kind(f.node))
	}
	for _, v := range values {
		key := strings.TrimSpace(v.Key.String())
		all = append(all, entry{key, field{name: f.join(key), line: lineOf(v.Key, f.line), node: v.Value}})
	}
	return all
}

// items reads a list.
func (rd *reader) items(f field) []field {
	n, ok := f.node.(*ast.SequenceNode)
	if !ok {
		rd.mistake(f.line, "%s: want a list, not %s", f.name, kind(f.node))
		return nil
	}
	if len(n.Values) == 0 {
		rd.mistake(f.line, "%s: the list is empty; fill it or leave the key out", f.name)
	}
	items := make([]field, len(n.Values))
	for i, v := range n.Values {
		items[i] = field{name: f.name, line: lineOf(v, f.line), node: v}
	}
	return items
}

// str reads text; what is missing or empty is a mistake.
func (rd *reader) str(f field) string {
	var s string
	switch n := f.node.(type) {
	case nil:
		rd.mistake(f.line, "%s is missing; add it", f.name)
		return ""
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	case *ast.NullNode:
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.BoolNode:
		rd.mistake(f.line, "%s: want text, not %s; put it in quotation marks", f.name, kind(n))
		return ""
	default:
		rd.mistake(f.line, "%s: want text, not %s", f.name, kind(n))
		return ""
	}
	if strings.TrimSpace(s) == "" {
		rd.mistake(f.line, "%s is empty; fill it or leave the key out", f.name)
	}
	return s
}

// optional reads text that may be missing.
func (rd *reader) optional(f field) string {
	if !f.there() {
		return ""
	}
	return rd.str(f)
}

// strs reads a list of texts that may be missing.
func (rd *reader) strs(f field) []string {
	if !f.there() {
		return nil
	}
	var all []string
	for _, item := range rd.items(f) {
		all = append(all, rd.str(item))
	}
	return all
}

// choice reads one of a few words.
func choice[T ~string](rd *reader, f field, of ...T) T {
	before := len(rd.wrong)
	s := T(rd.str(f))
	if len(rd.wrong) == before && !slices.Contains(of, s) {
		rd.mistake(f.line, "%s: %q is none of %s", f.name, s, list(of))
	}
	return s
}

// number reads a small integer that may be missing, which counts as 0.
func (rd *reader) number(f field, most int) int {
	if !f.there() {
		return 0
	}
	if n, ok := f.node.(*ast.IntegerNode); ok {
		if i, err := strconv.Atoi(n.Token.Value); err == nil && 0 <= i && i <= most {
			return i
		}
		rd.mistake(f.line, "%s: %s is out of range; want 0 to %d", f.name, n.Token.Value, most)
		return 0
	}
	rd.mistake(f.line, "%s: want a number from 0 to %d, not %s", f.name, most, kind(f.node))
	return 0
}

// truth reads true or false; missing counts as false.
func (rd *reader) truth(f field) bool {
	if !f.there() {
		return false
	}
	n, ok := f.node.(*ast.BoolNode)
	if !ok {
		rd.mistake(f.line, "%s: want true or false, not %s", f.name, kind(f.node))
		return false
	}
	return n.Value
}

func (f field) join(key string) string {
	if f.name == "" {
		return key
	}
	return f.name + "." + key
}

func (f field) colon() string {
	if f.name == "" {
		return ""
	}
	return f.name + ": "
}

func list[T ~string](of []T) string {
	s := make([]string, len(of))
	for i, o := range of {
		s[i] = string(o)
	}
	return strings.Join(s, ", ")
}

func isMapping(n ast.Node) bool {
	_, ok := n.(ast.MapNode)
	return ok
}

func lineOf(n ast.Node, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return lineOfToken(n.GetToken(), otherwise)
}

func lineOfToken(t *token.Token, otherwise int) int {
	if t == nil || t.Position == nil {
		return otherwise
	}
	return t.Position.Line
}

// kind names what a node is, in a pack author's words.
func kind(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias (packs have none: write it out)"
	case *ast.TagNode:
		return "a tag (packs have none)"
	}
	return "something else"
}
