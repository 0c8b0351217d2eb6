package plan

import (
	"math"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Load is the work to plan for.
type Load struct {
	Pages  float64
	PerDay bool          // Pages come every day; else once, within Within
	Within time.Duration // for all of them, where they come once
	// PageSeconds is how long a page of the sites in question takes to capture;
	// 0 takes the profile's, measured without a network.
	PageSeconds float64
	Tier        int     // of the region's prices: 1, or 2 such as Seoul's
	Reused      float64 // share of tiles that were read before, 0 to 1
}

// What is taken for granted, beside the profile.
const (
	// Peak is how much more than the average comes in the busiest hour of a day.
	Peak = 2.0
	// Utilization is the share of an instance's CPU that is used before pages slow each other down.
	Utilization = 0.7
	// VisionSeconds is what Recognize waits for Vision. It is not measured here:
	// Google's answers to 16 images take one to a few seconds.
	VisionSeconds = 3.0
	// VisionQuota is a new project's, in images a minute.
	VisionQuota = 1800
	// KeptDays is how long tiles are kept.
	KeptDays = 30
)

// Instance is a function's container: the defaults of terraform/variables.tf.
type Instance struct {
	CPU    float64
	GiB    float64
	AtOnce float64 // pages
}

// The instances that Terraform makes.
var (
	CaptureInstance   = Instance{CPU: 2, GiB: 4, AtOnce: 4}
	RecognizeInstance = Instance{CPU: 1, GiB: 1, AtOnce: 8}
)

// Plan is what the load needs and costs.
type Plan struct {
	PagesPerSecond     float64 `json:"pages_per_second"` // in the busiest hour
	CaptureInstances   int     `json:"capture_instances"`
	RecognizeInstances int     `json:"recognize_instances"`
	InFlight           int     `json:"in_flight"`  // pages being captured at a time
	Partitions         int     `json:"partitions"` // of requests, where a sink task delivers one page at a time
	ImagesPerMinute    int     `json:"images_per_minute"`
	RaiseQuota         bool    `json:"raise_quota"` // beyond a new project's

	// For each page, as it is billed.
	CaptureCPU   float64 `json:"capture_vcpu_seconds"`
	CaptureMiB   float64 `json:"capture_mib_seconds"`
	RecognizeCPU float64 `json:"recognize_vcpu_seconds"`
	RecognizeMiB float64 `json:"recognize_mib_seconds"`

	Costs   []Cost  `json:"costs"`
	Per10k  float64 `json:"dollars_per_10000_pages"`
	Dollars float64 `json:"dollars"` // for all the pages, or for a day's
}

// Cost is one line of the bill.
type Cost struct {
	For    string  `json:"for"`
	Amount float64 `json:"per_page"` // of Unit
	Unit   string  `json:"unit"`
	Per10k float64 `json:"dollars_per_10000_pages"`
}

// Validate reports what is wrong with the load.
func (l Load) Validate() error {
	switch {
	case l.Pages < 1 || l.Pages > 1e9:
		return fault.New(fault.Invalid, "--pages: want 1 to 1,000,000,000, not %v", l.Pages)
	case !l.PerDay && l.Within < time.Minute:
		return fault.New(fault.Invalid, "--within: want a minute or more, not %s", l.Within)
	case l.PageSeconds < 0 || l.PageSeconds > 540:
		return fault.New(fault.Invalid, "--page-seconds: want at most the function's timeout of 540, not %v", l.PageSeconds)
	case l.Tier != 1 && l.Tier != 2:
		return fault.New(fault.Invalid, "--tier: Cloud Run's regions have price tier 1 or 2, not %d", l.Tier)
	case l.Reused < 0 || l.Reused > 1:
		return fault.New(fault.Invalid, "--reused: want a share from 0 to 1, not %v", l.Reused)
	}
	return nil
}

// Make computes the plan of a valid load.
func Make(m Profile, prices Prices, l Load) Plan {
	average, month := l.Pages/l.Within.Seconds(), l.Pages
	rate := average
	if l.PerDay {
		average, month = l.Pages/(24*60*60), l.Pages*30
		rate = average * Peak
	}
	seconds := max(l.PageSeconds, m.Capture.Seconds)
	capturing := perSecond(CaptureInstance, m.Capture.CPUSeconds, seconds)
	reading := m.Recognize.Seconds + VisionSeconds
	recognizing := perSecond(RecognizeInstance, m.Recognize.CPUSeconds, reading)
	capture, recognize := billed(average, capturing, seconds), billed(average, recognizing, reading)
	units := m.Units * (1 - l.Reused)

	p := Plan{
		PagesPerSecond:     rate,
		CaptureInstances:   up(rate / capturing),
		RecognizeInstances: up(rate / recognizing),
		InFlight:           up(rate * CaptureInstance.AtOnce / capturing),
		ImagesPerMinute:    up(rate * 60 * units),
		CaptureCPU:         CaptureInstance.CPU * capture,
		CaptureMiB:         CaptureInstance.GiB * 1024 * capture,
		RecognizeCPU:       RecognizeInstance.CPU * recognize,
		RecognizeMiB:       RecognizeInstance.GiB * 1024 * recognize,
	}
	p.Partitions = max(12, up(float64(p.InFlight)/12)*12) // twelve have many divisors
	p.RaiseQuota = p.ImagesPerMinute > VisionQuota

	run := func(cpu, mib float64) float64 {
		return 1e4 * (cpu*prices.CPUSecond[l.Tier] + mib/1024*prices.GiBSecond[l.Tier] + prices.MillionRequests/1e6)
	}
	gib := func(kib float64) float64 { return 1e4 * kib / (1 << 20) }
	p.Costs = []Cost{
		{"Vision", units, "units", visionDollars(prices, units*month) / month * 1e4},
		{"Capture, Cloud Run", p.CaptureCPU, "vCPU-seconds", run(p.CaptureCPU, p.CaptureMiB)},
		{"Recognize, Cloud Run", p.RecognizeCPU, "vCPU-seconds", run(p.RecognizeCPU, p.RecognizeMiB)},
		{"Storage, writing", m.Writes, "operations", m.Writes * prices.Writes10k},
		{"Storage, reading", m.Reads + units, "operations", (m.Reads + units) * prices.Reads10k}, // Vision reads the tiles
		{"Storage, 30 days of tiles, a year of results", (m.StoredKiB + m.KeptKiB) / 1024, "MiB", (gib(m.StoredKiB)*KeptDays/30 + gib(m.KeptKiB)*12) * prices.GiBMonth[l.Tier]},
		{"Logs", m.LogKiB, "KiB", gib(m.LogKiB) * prices.LogGiB},
	}
	for _, c := range p.Costs {
		p.Per10k += c.Per10k
	}
	p.Dollars = p.Per10k * l.Pages / 1e4
	return p
}

// perSecond is how many pages an instance does: as many as it takes at once, or
// as its CPU allows.
func perSecond(i Instance, cpuSeconds, seconds float64) float64 {
	return min(i.AtOnce/seconds, Utilization*i.CPU/cpuSeconds)
}

// billed is how many seconds of an instance a page pays for: a share of a full
// one or, where so few pages come that it is seldom full, of one that is paid
// for whenever anybody is in it (pages come at random).
func billed(rate, full, seconds float64) float64 {
	return max(1/full, (1-math.Exp(-rate*seconds))/rate)
}

// visionDollars is a month's bill for units of one feature.
func visionDollars(p Prices, units float64) float64 {
	first := max(0, min(units, p.VisionUntil)-p.VisionFree)
	return first/1000*p.VisionFirst + max(0, units-p.VisionUntil)/1000*p.VisionThen
}

// Vision is the list price of units of one feature in a month, without the free ones.
func (p Prices) Vision(units int) float64 {
	return visionDollars(p, float64(units)+p.VisionFree) - visionDollars(p, p.VisionFree)
}

func up(f float64) int { return int(math.Ceil(f)) }
