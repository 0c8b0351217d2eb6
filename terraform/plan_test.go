package terraform_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
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

// An instance has room for what was measured: the largest pictures that are
// decoded, and as many pages as it has tabs, whatever capture.tabs is.
func TestMemoryFits(t *testing.T) {
	c := load(t)
	const mib = 1 << 20
	pictures := (picture.MaxDecoded + 2*4*page.MaxPixels) / mib // one image, and two tiles searched for codes, at a time
	if limit := 0.8 * plan.RecognizeInstance.GiB * 1024; limit < float64(pictures+100) {
		t.Errorf("Recognize has %.0f MiB for pictures of %d", limit, pictures)
	}
	if !strings.Contains(string(c.files["recognize.tf"].Bytes), `GOMEMLIMIT = "${floor(var.recognize.memory_mib * 0.8)}MiB"`) {
		t.Error("Recognize is not told how much of its memory it may fill before it collects garbage")
	}
	for _, want := range []struct{ file, text string }{
		{"variables.tf", "var.capture.memory_mib >= 1024 + 512 * var.capture.tabs"},
		{"capture.tf", "floor((var.capture.memory_mib - 256) / var.capture.tabs)"},
	} {
		if !strings.Contains(string(c.files[want.file].Bytes), want.text) {
			t.Errorf("%s no longer says %s: reckon again", want.file, want.text)
		}
	}
	peak := plan.Bundled().Capture.PeakMiB // of a page, with its browser
	for _, tabs := range []int{1, 2, 4, 16, 100, 1000} {
		if each := (1024 + 512*tabs - 256) / tabs; float64(each) < peak {
			t.Errorf("with %d tabs a page may take %d MiB; %v were measured", tabs, each, peak)
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
