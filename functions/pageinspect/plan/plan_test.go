package plan

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// A page of round numbers, so that the plan can be computed by hand.
var byHand = Profile{
	Schema: ProfileSchema, Tiles: 4, Units: 4, StoredKiB: 1024, KeptKiB: 512, LogKiB: 4, Writes: 10, Reads: 6,
	Capture: Work{CPUSeconds: 0.7, Seconds: 4}, Recognize: Work{CPUSeconds: 0.07, Seconds: 1},
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6*math.Abs(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestPlanByHand(t *testing.T) {
	prices := Published()
	p := Make(byHand, prices, Load{Pages: 864_000, PerDay: true, Tier: 1})
	// 10 a second on average, 20 at the peak. A Capture instance has 4 pages
	// for 4 s each: 1 a second (its CPU would allow 2). A Recognize instance has
	// 8 for 1 s and 3 s of Vision: 2 a second.
	near(t, "rate", p.PagesPerSecond, 20)
	if p.CaptureInstances != 20 || p.RecognizeInstances != 10 || p.InFlight != 80 || p.Partitions != 84 {
		t.Errorf("%+v", p)
	}
	if p.ImagesPerMinute != 4800 || !p.RaiseQuota {
		t.Errorf("%d images a minute, raise %v", p.ImagesPerMinute, p.RaiseQuota)
	}
	near(t, "Capture's vCPU-seconds", p.CaptureCPU, 2)
	near(t, "Capture's MiB-seconds", p.CaptureMiB, 4096)
	near(t, "Recognize's vCPU-seconds", p.RecognizeCPU, 0.5)
	costs := map[string]float64{}
	sum := 0.0
	for _, c := range p.Costs {
		costs[c.For] = c.Per10k
		sum += c.Per10k
	}
	near(t, "sum", p.Per10k, sum)
	near(t, "a day", p.Dollars, sum*86.4)
	// 864,000 x 30 x 4 = 103,680,000 units a month: 4,999,000 at $1.50, the rest at $0.60.
	month := 4999*1.50 + 98_680*0.60
	near(t, "Vision", costs["Vision"], month/(864_000*30)*10_000)
	near(t, "Capture", costs["Capture, Cloud Run"], 1e4*(2*0.000024+4*0.0000025+0.4e-6))
	near(t, "writing", costs["Storage, writing"], 0.5)
	near(t, "reading", costs["Storage, reading"], 10*0.004)
	near(t, "logs", costs["Logs"], 40_000.0/(1<<20)*0.5)
}

func TestSlowSitesTakeInstancesAndNotUnits(t *testing.T) {
	prices, l := Published(), Load{Pages: 8_640_000, PerDay: true, Tier: 1}
	fast := Make(byHand, prices, l)
	l.PageSeconds = 20
	slow := Make(byHand, prices, l)
	if slow.CaptureInstances != 5*fast.CaptureInstances || slow.ImagesPerMinute != fast.ImagesPerMinute || slow.Costs[0] != fast.Costs[0] {
		t.Errorf("fast %+v\nslow %+v", fast, slow)
	}
}

func TestWhatWasReadBeforeCostsNoUnits(t *testing.T) {
	p := Make(byHand, Published(), Load{Pages: 10_000, Within: 24 * time.Hour, Tier: 1, Reused: 1})
	if p.ImagesPerMinute != 0 || p.Costs[0].Per10k != 0 {
		t.Errorf("%+v", p)
	}
}

func TestBatchTakesItsTime(t *testing.T) {
	p := Make(byHand, Published(), Load{Pages: 3600, Within: time.Hour, Tier: 1})
	near(t, "rate", p.PagesPerSecond, 1)
	if p.CaptureInstances != 1 || p.Partitions != 12 || p.RaiseQuota {
		t.Errorf("%+v", p)
	}
}

// One page now and then pays for a whole instance while it lasts.
func TestLonelyPagesPayForTheirInstance(t *testing.T) {
	p := Make(byHand, Published(), Load{Pages: 1, Within: 24 * time.Hour, Tier: 1})
	if p.CaptureCPU < 7.99 || p.CaptureCPU > 8 { // 2 vCPU for 4 s
		t.Errorf("%v vCPU-seconds", p.CaptureCPU)
	}
}

func TestBundledFilesAreWhole(t *testing.T) {
	m, prices := Bundled(), Published()
	if m.MeasuredAt == "" || m.Machine == "" || m.How == "" || m.Pages < 4 || m.Writes < m.Tiles || m.Recognize.Seconds <= 0 {
		t.Errorf("%+v", m)
	}
	if prices.AsOf == "" || len(prices.Sources) < 4 {
		t.Errorf("%+v", prices)
	}
	for _, tier := range []int{1, 2} {
		if prices.CPUSecond[tier] == 0 || prices.GiBSecond[tier] == 0 || prices.GiBMonth[tier] == 0 {
			t.Errorf("tier %d has no price", tier)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	good := Load{Pages: 1, PerDay: true, Tier: 1}
	for flag, l := range map[string]Load{
		"--pages":        {PerDay: true, Tier: 1},
		"--within":       {Pages: 1, Tier: 1},
		"--page-seconds": {Pages: 1, PerDay: true, Tier: 1, PageSeconds: 541},
		"--tier":         {Pages: 1, PerDay: true, Tier: 3},
		"--reused":       {Pages: 1, PerDay: true, Tier: 1, Reused: 2},
	} {
		if err := l.Validate(); fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, content := range map[string]string{"no JSON": "x", "another schema": `{"schema":"x"}`, "nothing measured": `{"schema":"pageinspect.profile/v1"}`} {
		file := filepath.Join(t.TempDir(), "p.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(file); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
