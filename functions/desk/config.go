package desk

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/pageinspect/pageinspect/functions/desk/iap"
	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/functions/desk/web"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Config is the function's environment.
type Config struct {
	Kafka         topic.Config // without brokers, the buckets alone tell what is new
	Store         store.Config
	Telemetry     telemetry.Config
	Project       string `env:"GOOGLE_CLOUD_PROJECT"` // whose traces the log names
	RequestsTopic string `env:"REQUESTS_TOPIC" envDefault:"pageinspect.requests"`
	ResultsTopic  string `env:"RESULTS_TOPIC" envDefault:"pageinspect.results"`
	DecidedTopic  string `env:"DECISIONS_TOPIC" envDefault:"pageinspect.decisions"`
	Screenshots   string `env:"SCREENSHOTS_BUCKET,required,notEmpty"`
	Pages         string `env:"PAGES_BUCKET,required,notEmpty"`
	Results       string `env:"RESULTS_BUCKET,required,notEmpty"`
	Decisions     string `env:"DECISIONS_BUCKET"` // empty: the results bucket
	// Deciders are addresses, *@DOMAIN for everybody of one, or * for whoever the proxy lets in.
	Deciders []string `env:"DESK_DECIDERS"`
	// Audience is what Identity-Aware Proxy signs its tokens for.
	Audience  string `env:"IAP_AUDIENCE"`
	LocalOnly bool   `env:"LOCAL_ONLY"`
	Out       web.OutSettings
	Shares    quality.Shares
	// IndexDir is where the index is, in a folder of its own: the system's temporary
	// directory, which is memory on Cloud Run, unless a disk is mounted.
	IndexDir string `env:"DESK_INDEX_DIR"`

	keys string // where the proxy's keys are
}

// loadConfig reads the environment. Its error names every setting that is wrong.
func loadConfig() (Config, error) {
	cfg := Config{keys: iap.GoogleKeys}
	err := errors.Join(env.Parse(&cfg), cfg.validate())
	cfg.Decisions = cmp.Or(cfg.Decisions, cfg.Results)
	return cfg, err
}

// audience is a service of Cloud Run, a backend service of a load balancer, or an
// App Engine application.
var audience = regexp.MustCompile(`^/projects/[0-9]+/(locations/[a-z0-9-]+/services/[a-z0-9-]+|global/backendServices/[0-9]+|[a-z0-9-]+/backendServices/[0-9]+|apps/[a-z0-9:.-]+)$`)

func (c Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fault.New(fault.Invalid, format, args...)) }
	if _, err := c.Out.Out(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, c.Shares.Validate())
	if c.kafka() {
		errs = append(errs, c.Kafka.Validate())
	}
	switch {
	case c.Audience == "" && !c.LocalOnly:
		bad("IAP_AUDIENCE: missing; nobody could be told from anybody. Put Identity-Aware Proxy in front and name the service: /projects/NUMBER/locations/REGION/services/NAME")
	case c.Audience != "" && !audience.MatchString(c.Audience):
		bad("IAP_AUDIENCE: is %q, want /projects/NUMBER/locations/REGION/services/NAME", c.Audience)
	}
	if len(c.Deciders) == 0 && !c.LocalOnly {
		bad("DESK_DECIDERS: missing; say who may decide: addresses, *@DOMAIN, or * for whoever the proxy lets in")
	}
	for _, d := range c.Deciders {
		if name, domain, ok := strings.Cut(d, "@"); d != "*" && (!ok || name == "" || domain == "" || strings.ContainsAny(domain, "*@ ") || name != "*" && strings.ContainsAny(name, "* ")) {
			bad("DESK_DECIDERS: %q is neither an address nor *@DOMAIN", d)
		}
	}
	return errors.Join(errs...)
}

// kafka says whether any setting of Kafka is there.
func (c Config) kafka() bool {
	return len(c.Kafka.Brokers) > 0 || c.Kafka.SASLMechanism != "" || c.Kafka.SASLUsername != "" || c.Kafka.TLS
}

// mayDecide says whether an address is one of the deciders'.
func (c Config) mayDecide(who string) bool {
	if c.LocalOnly && len(c.Deciders) == 0 {
		return true
	}
	at := strings.LastIndexByte(who, '@')
	for _, d := range c.Deciders {
		d = strings.ToLower(d)
		if d == "*" || d == who || at > 0 && d == "*"+who[at:] {
			return true
		}
	}
	return false
}
