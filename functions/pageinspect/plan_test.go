package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
)

func TestPlanCommand(t *testing.T) {
	code, stdout, _ := pageinspect(t, "plan", "--pages", "10000000", "--per-day", "--page-seconds", "10", "--tier", "2")
	for _, want := range []string{"10000000 pages a day", "capture.max_instances", "ask for more", "Vision", "dollars a day", plan.Bundled().MeasuredAt, plan.Published().AsOf} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if code != exitPass {
		t.Errorf("exit %d", code)
	}
	var p plan.Plan
	if _, stdout, _ = pageinspect(t, "plan", "--pages", "10000", "--json"); json.Unmarshal([]byte(stdout), &p) != nil || p.Per10k <= 0 {
		t.Errorf("JSON %s", stdout)
	}
	if code, _, stderr := pageinspect(t, "plan", "--pages", "0"); code != exitFailed || !strings.Contains(stderr, "--pages: want 1 to") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
