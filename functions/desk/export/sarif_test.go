package export

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
)

// log is what a reader of SARIF 2.1.0 takes from a log. What the schema requires is no
// pointer's business here: its absence is seen in the values.
type log struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, Version string
				Rules         []struct {
					ID                     string
					ShortDescription, Help struct{ Text string }
					DefaultConfiguration   struct{ Level string }
					Properties             map[string]any
				}
			}
		}
		Results []struct {
			RuleID    string
			RuleIndex int
			Kind      string
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				LogicalLocations []struct{ Name, FullyQualifiedName, Kind string }
				Properties       struct{ Rectangle map[string]float64 }
			}
			Attachments []struct {
				ArtifactLocation struct{ URI string }
				Rectangles       []struct{ Top, Left, Bottom, Right float64 }
			}
			PartialFingerprints map[string]string
			Suppressions        *[]struct{ Kind, Status, Justification string }
			HostedViewerURI     string
			Properties          map[string]any
		}
	}
}

// TestSARIF: one run, whose results name rules that it has, with their law; what was
// dismissed is suppressed with its reason, and what was not seen is told.
func TestSARIF(t *testing.T) {
	var l log
	if err := json.Unmarshal(write(t, Options{Format: SARIF, Tool: "v1"}, 2), &l); err != nil {
		t.Fatal(err)
	}
	if l.Version != "2.1.0" || len(l.Runs) != 1 || l.Runs[0].Tool.Driver.Name != "Pageinspect" || l.Runs[0].Tool.Driver.Version != "v1" {
		t.Fatalf("%+v", l)
	}
	run := l.Runs[0]
	if len(run.Results) != 14 || len(run.Tool.Driver.Rules) != 5 {
		t.Fatalf("%d results and %d rules, want 14 and 5", len(run.Results), len(run.Tool.Driver.Rules))
	}
	fingerprints := map[string]int{}
	for i, r := range run.Results {
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		if rule.ID != r.RuleID || rule.ShortDescription.Text == "" || rule.Help.Text == "" || r.Message.Text == "" {
			t.Errorf("result %d: rule %q is %+v", i, r.RuleID, rule)
		}
		if !slices.Contains([]string{"fail", "review"}, r.Kind) || !slices.Contains([]string{"none", "note", "warning", "error"}, r.Level) || (r.Kind == "fail") == (r.Level == "none") {
			t.Errorf("result %d: a %s of level %s", i, r.Kind, r.Level)
		}
		if u, err := url.Parse(r.Locations[0].PhysicalLocation.ArtifactLocation.URI); err != nil || u.Host != "shop.example" || u.User != nil {
			t.Errorf("result %d is at %v, %v", i, u, err)
		}
		if r.Suppressions == nil || len(r.PartialFingerprints) != 1 || r.HostedViewerURI == "" || r.Locations[0].LogicalLocations[0].Kind != "page" {
			t.Errorf("result %d: %+v", i, r)
		}
		fingerprints[r.PartialFingerprints["ruleQuotePlace/v1"]]++
	}
	if len(fingerprints) != 14 {
		t.Errorf("%d fingerprints of 14 results", len(fingerprints))
	}
	wrong := run.Results[1]
	if s := *wrong.Suppressions; len(s) != 1 || s[0].Kind != "external" || s[0].Status != "accepted" || s[0].Justification != "rule-wrong: 커버 제품" {
		t.Errorf("what was dismissed: %+v", s)
	}
	if len(*run.Results[0].Suppressions)+len(*run.Results[3].Suppressions) > 0 || run.Results[0].Properties["state"] != "confirmed" || run.Results[3].Properties["state"] != "open" {
		t.Errorf("what was not: %+v, %+v", run.Results[0], run.Results[3])
	}
	if r := wrong.Locations[0].Properties.Rectangle; r["x"] != 40 || r["y"] != 110 || r["w"] != 300 || r["h"] != 40 {
		t.Errorf("the finding is at %v", r)
	}
	if a := wrong.Attachments; len(a) != 1 || a[0].ArtifactLocation.URI != "gs://shots/p-000000/000.png" || a[0].Rectangles[0].Top != 110 || a[0].Rectangles[0].Right != 340 {
		t.Errorf("its picture is %+v", a)
	}
	if seen := run.Results[6]; seen.RuleID != "pageinspect.unseen.failed" || seen.Kind != "review" {
		t.Errorf("what was not seen: %+v", seen)
	}
}

// TestFingerprintsStay: where a finding stands on its page, and which capture it is of,
// do not count; its address, rule and quote do.
func TestFingerprintsStay(t *testing.T) {
	of := func(change func(p *Page)) string {
		q := onePage(0)
		change(&q)
		f := q.Result.Findings[0]
		return fingerprint(q.Result, decision.Fingerprint(f.Rule, f.Quote))["ruleQuotePlace/v1"]
	}
	same := of(func(*Page) {})
	for name, change := range map[string]func(p *Page){
		"elsewhere on the page": func(p *Page) { p.Result.Findings[0].Box.Y = 300 }, "captured again": func(p *Page) { p.Result.CapturedAt = at.AddDate(0, 1, 0); p.Result.ID = "again" },
		"another query": func(p *Page) { p.Result.URL = "https://SHOP.example/p/0?b=2" }, "spaces that OCR made": func(p *Page) { p.Result.Findings[0].Quote = "여드름치 료" },
	} {
		if got := of(change); got != same {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	for name, change := range map[string]func(p *Page){
		"another page": func(p *Page) { p.Result.URL = "https://shop.example/p/1" }, "another rule": func(p *Page) { p.Result.Findings[0].Rule = "x" }, "another quote": func(p *Page) { p.Result.Findings[0].Quote = "흉터" },
	} {
		if got := of(change); got == same {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
}
