package recognize

import (
	"errors"

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
	ResultsTopic string   `env:"RESULTS_TOPIC" envDefault:"pageinspect.results"`
	ErrorsTopic  string   `env:"ERRORS_TOPIC" envDefault:"pageinspect.errors"`
	Screenshots  string   `env:"SCREENSHOTS_BUCKET,required,notEmpty"`
	Pages        string   `env:"PAGES_BUCKET,required,notEmpty"`
	Results      string   `env:"RESULTS_BUCKET,required,notEmpty"`
	Vision       string   `env:"VISION_EMULATOR_HOST"` // host:port of a stand-in; empty: Google Vision
	Rules        []string `env:"RULES"`                // files or folders of packs, beside the bundled ones
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
	if c.CacheDays < 0 || c.CacheDays > maxCacheDays {
		errs = append(errs, fault.New(fault.Invalid, "VISION_CACHE_DAYS: is %d, want 0 (never use a reading again) to %d", c.CacheDays, maxCacheDays))
	}
	return errors.Join(errs...)
}

// maxCacheDays is ten years: longer is a mistake, and would overflow at 292.
const maxCacheDays = 3650
