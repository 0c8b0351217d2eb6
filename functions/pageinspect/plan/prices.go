package plan

import (
	_ "embed"
	"encoding/json"
)

// Prices are Google's list prices in US dollars, without free allowances
// except Vision's, and without discounts.
type Prices struct {
	AsOf    string            `json:"as_of"`
	Sources map[string]string `json:"sources"`

	// Cloud Run, billed while a request is worked on, by the region's price tier.
	CPUSecond       map[int]float64 `json:"cloud_run_vcpu_second"`
	GiBSecond       map[int]float64 `json:"cloud_run_gib_second"`
	MillionRequests float64         `json:"cloud_run_million_requests"`

	// Vision, for each 1,000 units of one feature in a month.
	VisionFree  float64 `json:"vision_free_units"`
	VisionUntil float64 `json:"vision_first_price_until_units"`
	VisionFirst float64 `json:"vision_thousand_units"`
	VisionThen  float64 `json:"vision_thousand_units_then"`

	// Cloud Storage of class Standard, by the region's price tier.
	Writes10k float64         `json:"storage_10000_writes"`
	Reads10k  float64         `json:"storage_10000_reads"`
	GiBMonth  map[int]float64 `json:"storage_gib_month"`

	LogGiB float64 `json:"logging_gib"`
}

//go:embed prices.json
var published []byte

// Published are the prices that are checked in, with their date and sources.
func Published() Prices {
	var p Prices
	if err := json.Unmarshal(published, &p); err != nil {
		panic(err) // a test reads it
	}
	return p
}
