package terraform_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
)

// `pageinspect plan` reckons with the instances that are made here.
func TestPlanKnowsTheInstances(t *testing.T) {
	c := load(t)
	for function, want := range map[string]plan.Instance{"capture": plan.CaptureInstance, "recognize": plan.RecognizeInstance} {
		for _, b := range c.of("variable", function) {
			typ := c.text(b, "type")
			if b.Labels[0] != function {
				continue // such as capture_trigger
			}
			for field, value := range map[string]float64{"cpu": want.CPU, "memory_mib": want.GiB * 1024, "(tabs|concurrency)": want.AtOnce} {
				if ok, _ := regexp.MatchString(fmt.Sprintf(`\b%s\s*=\s*optional\(number, %v\)`, field, value), typ); !ok {
					t.Errorf("%s: the default of %s is not %v", function, field, value)
				}
			}
		}
	}
}

// The guide's table of costs is what the command says today.
func TestCostsInTheGuideAreThePlans(t *testing.T) {
	guide, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	sums := "| **all** | |"
	instances := "| Capture instances | 2 vCPU, 4 GiB |"
	for _, l := range []plan.Load{{Pages: 1e4, Within: 24 * time.Hour}, {Pages: 1e5, PerDay: true}, {Pages: 1e6, PerDay: true}, {Pages: 1e7, PerDay: true}} {
		l.Tier, l.PageSeconds = 1, 10
		p := plan.Make(plan.Bundled(), plan.Published(), l)
		sums += fmt.Sprintf(" **$%.2f** |", p.Per10k)
		instances += fmt.Sprintf(" %d |", p.CaptureInstances)
	}
	for _, row := range []string{sums, instances} {
		if !strings.Contains(string(guide), row) {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}
