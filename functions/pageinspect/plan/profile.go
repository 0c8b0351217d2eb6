// Package plan says what a number of pages needs in the cloud, and what it
// costs: instances, partitions, Vision's quota, dollars.
//
// It multiplies and divides; what it starts from is measured (profile.json, by
// `make profile`) or published (prices.json), and both say when and how.
package plan

import (
	_ "embed"
	"encoding/json"
	"os"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// ProfileSchema names the contract of a profile.
const ProfileSchema = "pageinspect.profile/v1"

// Profile is what a page was measured to take, on average.
type Profile struct {
	Schema     string `json:"schema"`
	MeasuredAt string `json:"measured_at"`
	Machine    string `json:"machine"`
	How        string `json:"how"`

	Pages     int     `json:"pages"`      // how many were measured
	Height    float64 `json:"height_px"`  // CSS pixels
	Tiles     float64 `json:"tiles"`      // screenshots
	Units     float64 `json:"units"`      // that Vision bills
	StoredKiB float64 `json:"stored_kib"` // tiles, for as long as they are kept
	KeptKiB   float64 `json:"kept_kib"`   // manifest, result and report, which stay
	LogKiB    float64 `json:"log_kib"`
	Writes    float64 `json:"storage_writes"` // operations of class A
	Reads     float64 `json:"storage_reads"`  // and of class B

	Capture   Work `json:"capture"`
	Recognize Work `json:"recognize"` // without Vision, which is Google's
}

// Work is what one function does for one page.
type Work struct {
	CPUSeconds float64 `json:"cpu_seconds"` // of all its processes
	Seconds    float64 `json:"seconds"`     // by the clock, alone on the machine
	PeakMiB    float64 `json:"peak_mib"`    // of all its processes, one page at a time
}

//go:embed profile.json
var bundledProfile []byte

// Bundled is the profile that was measured last and checked in.
func Bundled() Profile {
	p, err := decode(bundledProfile, "profile.json")
	if err != nil {
		panic(err) // a test reads it
	}
	return p
}

// Read reads a profile of one's own.
func Read(file string) (Profile, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Profile{}, fault.Wrap(fault.Invalid, err, "profile")
	}
	return decode(b, file)
}

func decode(b []byte, name string) (Profile, error) {
	var p Profile
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fault.New(fault.Invalid, "%s: %v", name, err)
	}
	switch {
	case p.Schema != ProfileSchema:
		return p, fault.New(fault.Invalid, "%s: schema is %q, want %q", name, p.Schema, ProfileSchema)
	case p.Tiles <= 0 || p.Capture.Seconds <= 0 || p.Capture.CPUSeconds <= 0 || p.Recognize.CPUSeconds <= 0:
		return p, fault.New(fault.Invalid, "%s: tiles, capture.seconds, capture.cpu_seconds and recognize.cpu_seconds must be above 0", name)
	}
	return p, nil
}
