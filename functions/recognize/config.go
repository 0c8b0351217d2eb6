package recognize

import (
	"errors"
	"slices"

	"github.com/caarlos0/env/v11"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Config is the function's environment.
type Config struct {
	Kafka        topic.Config
	Store        store.Config
	Telemetry    telemetry.Config
	Project      string `env:"GOOGLE_CLOUD_PROJECT"` // whose traces the log names
	Lease        lease.Config
	ResultsTopic string `env:"RESULTS_TOPIC" envDefault:"pageinspect.results"`
	ErrorsTopic  string `env:"ERRORS_TOPIC" envDefault:"pageinspect.errors"`
	Screenshots  string `env:"SCREENSHOTS_BUCKET,required,notEmpty"`
	Pages        string `env:"PAGES_BUCKET,required,notEmpty"`
	Results      string `env:"RESULTS_BUCKET,required,notEmpty"`
	Vision       string `env:"VISION_EMULATOR_HOST"` // host:port of a stand-in; empty: Google Vision
	// Location is where Google Vision reads: us, eu, asia, or anywhere if empty.
	Location string   `env:"VISION_LOCATION"`
	Rules    []string `env:"RULES"` // files or folders of packs, beside the bundled ones
	// ImagesPerMinute is this instance's part of the project's quota.
	ImagesPerMinute int `env:"VISION_IMAGES_PER_MINUTE" envDefault:"1800"`
	CacheDays       int `env:"VISION_CACHE_DAYS" envDefault:"90"` // how long readings are used again; 0: never
}

// loadConfig reads the environment. Its error names every setting that is wrong.
func loadConfig() (Config, error) {
	var cfg Config
	err := env.Parse(&cfg)
	return cfg, errors.Join(err, cfg.Kafka.Validate(), cfg.Lease.Validate(), cfg.validate())
}

func (c Config) validate() error {
	var errs []error
	if c.ImagesPerMinute < annotate.LeastPerMinute {
		errs = append(errs, fault.New(fault.Invalid, "VISION_IMAGES_PER_MINUTE: is %d, want %d or more: one call may have 16 images; the quota is shared by all instances, so give each its part", c.ImagesPerMinute, annotate.LeastPerMinute))
	}
	if !slices.Contains([]string{"", "us", "eu", "asia"}, c.Location) {
		errs = append(errs, fault.New(fault.Invalid, "VISION_LOCATION: is %q, want us, eu or asia, or nothing for anywhere", c.Location))
	}
	if c.Location != "" && c.Project == "" && c.Vision == "" {
		errs = append(errs, fault.New(fault.Invalid, "VISION_LOCATION: needs the project too; set GOOGLE_CLOUD_PROJECT"))
	}
	if c.CacheDays < 0 || c.CacheDays > maxCacheDays {
		errs = append(errs, fault.New(fault.Invalid, "VISION_CACHE_DAYS: is %d, want 0 (never use a reading again) to %d", c.CacheDays, maxCacheDays))
	}
	return errors.Join(errs...)
}

// maxCacheDays is ten years: longer is a mistake, and would overflow at 292.
const maxCacheDays = 3650

// parent names the place where Vision reads, in the form of its API.
// https://cloud.google.com/vision/docs/ocr#regionalization
func (c Config) parent() string {
	if c.Location == "" || c.Project == "" {
		return ""
	}
	return "projects/" + c.Project + "/locations/" + c.Location
}

// endpoint is Vision's own for the location; there are two.
func (c Config) endpoint() string {
	if c.Location == "us" || c.Location == "eu" {
		return c.Location + "-vision.googleapis.com:443"
	}
	return ""
}

// engine names what reads, for the results and the cache.
func (c Config) engine() string {
	if c.Vision != "" {
		return "stand-in"
	}
	return "google-vision"
}
