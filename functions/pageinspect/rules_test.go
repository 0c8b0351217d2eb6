package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

const ownPack = `version: v1
pack: mine
rules:
  - id: mine.miracle
    mode: enforce
    severity: review
    scope: {category: [food]}
    message: "근거 필요"
    match: {any: ["기적의 주스"]}
    unless: ["기적의 주스바"]
    tests: {hit: ["기적의 주스"], miss: ["주스"]}
  - id: mine.old
    mode: enforce
    severity: review
    until: 2020-01-01
    message: "m"
    match: {any: ["옛날 주스"]}
    tests: {hit: ["옛날 주스"], miss: ["주스"]}
`

// ruleFile writes a file into a folder of its own.
func ruleFile(t *testing.T, name, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRulesCommands(t *testing.T) {
	own := ruleFile(t, "mine.yaml", ownPack)
	words := ruleFile(t, "words.txt", "기적의 크림\n")
	clash := ruleFile(t, "clash.yaml", strings.Replace(ownPack, "pack: mine", "pack: ads-kr", 1))
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string // in what is said
	}{
		{"check a pack", []string{"check", own}, 0, []string{"2 rules, every one passes its own tests",
			"rule mine.old never applies any more: until is 2020-01-01"}},
		{"check a list", []string{"check", words}, 0, []string{"1 rule, and it passes its own tests"}},
		{"check a mistake", []string{"check", ruleFile(t, "bad.yaml", strings.Replace(ownPack, "severity: review",
			"severity： review", 1))}, 2, []string{"bad.yaml:6", "full-width", "전각"}},
		{"list", []string{"list", own}, 0, []string{"mine.miracle", "food", "2020-01-01", "forbidden"}},
		{"as it was", []string{own}, 0, []string{"mine.miracle", "근거 필요"}},
		{"try a hit", []string{"try", own, "--text", "기적의주스 한 병", "--category", "식품"}, 1, []string{"mine.miracle", "기적의주스",
			"spacing", "verdict: review"}},
		{"try out of scope", []string{"try", own, "--text", "기적의 주스", "--category", "화장품", "--packs", "mine"}, 0,
			[]string{"out of scope: it is for food", "verdict: pass"}},
		{"try an exception", []string{"try", own, "--text", "기적의 주스바", "--category", "식품", "--packs", "mine"}, 0,
			[]string{`excepted by unless "기적의 주스바"`}},
		{"try another day", []string{"try", own, "--text", "옛날 주스", "--category", "식품"}, 0, []string{"not in force"}},
		{"try an excuse", []string{"try", "--text", "여드름 치료제를 쓰시는 분은 의사와 상담하세요", "--category", "cosmetics"}, 0,
			[]string{"is excused as advised by"}},
		{"try a disguise", []string{"try", "--text", "필_로_폰 팝니다"}, 1, []string{"disguised: symbols", "verdict: reject"}},
		{"try mid-word", []string{"try", "--text", "자유일 기술", "--category", "living"}, 0, []string{"verdict: pass"}},
		{"try without a category", []string{"try", "--text", "여드름 완치 크림"}, 1, []string{"none was given; judged as cosmetics"}},
		{"try nothing", []string{"try"}, 2, []string{"give --text, --file or --result"}},
		{"a bundled pack's name", []string{"try", clash, "--text", "x"}, 2, []string{"has the name of a bundled pack", "replace: true"}},
		{"diff without results", []string{"diff", "bundled", own}, 2, []string{"--results is missing"}},
		{"diff without a result", []string{"diff", "bundled", own, "--results", t.TempDir()}, 2, []string{"no result.json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := pageinspect(t, append([]string{"rules"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout+stderr, want) {
					t.Errorf("no %q in:\n%s%s", want, stdout, stderr)
				}
			}
		})
	}
}

func TestRulesDiff(t *testing.T) {
	lines := match.Plain("기적의 주스 한 병")
	for i := range lines {
		lines[i].Text = "기적의 주스 한 병"
	}
	b, err := json.Marshal(result.Result{Schema: result.Schema, ID: "p-1", Category: "식품", Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "p-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "p-1", "result.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	old, now := ruleFile(t, "old.yaml", strings.ReplaceAll(ownPack, "기적의 주스", "마법의 주스")), ruleFile(t, "now.yaml", ownPack)
	code, stdout, stderr := pageinspect(t, "rules", "diff", old, now, "--results", dir)
	if want := "1 pages: 1 findings new, 0 gone, 1 verdicts change"; code != 0 || !strings.Contains(stdout, want) || !strings.Contains(stdout, "mine.miracle") {
		t.Errorf("exit code %d; no %q in:\n%s%s", code, want, stdout, stderr)
	}
	if _, stdout, _ = pageinspect(t, "rules", "diff", now, now, "--results", dir); !strings.Contains(stdout, "0 findings new, 0 gone") {
		t.Errorf("the same packs differ:\n%s", stdout)
	}
}
