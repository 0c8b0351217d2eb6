package desk

import (
	"strings"
	"testing"
)

const service = "/projects/123456789012/locations/asia-northeast3/services/pageinspect-desk"

// settings sets the function's environment, and nothing else of it.
func settings(t *testing.T, set map[string]string) {
	t.Helper()
	all := map[string]string{
		"KAFKA_BROKERS": "", "STORAGE_EMULATOR_HOST": "", "LOCAL_ONLY": "", "DECISIONS_BUCKET": "",
		"SCREENSHOTS_BUCKET": "test-shots", "PAGES_BUCKET": "test-pages", "RESULTS_BUCKET": "test-results",
		"IAP_AUDIENCE": service, "DESK_DECIDERS": "*@example.com",
	}
	for name, value := range set {
		all[name] = value
	}
	for name, value := range all {
		t.Setenv(name, value)
	}
}

// TestSettings: all that is wrong is told at once, and what keeps strangers out
// cannot be left out.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		set  map[string]string
		say  []string // nil: it is good
	}{
		{"as in production", nil, nil},
		{"a load balancer's", map[string]string{"IAP_AUDIENCE": "/projects/1/global/backendServices/2"}, nil},
		{"on one machine", map[string]string{"IAP_AUDIENCE": "", "DESK_DECIDERS": "", "LOCAL_ONLY": "true"}, nil},
		{"everybody whom the proxy lets in", map[string]string{"DESK_DECIDERS": "*"}, nil},
		{"no proxy", map[string]string{"IAP_AUDIENCE": ""}, []string{"IAP_AUDIENCE: missing", "/projects/NUMBER/locations"}},
		{"another kind of audience", map[string]string{"IAP_AUDIENCE": "https://desk.a.run.app"}, []string{"IAP_AUDIENCE", "https://desk.a.run.app"}},
		{"nobody decides", map[string]string{"DESK_DECIDERS": ""}, []string{"DESK_DECIDERS: missing"}},
		{"no address", map[string]string{"DESK_DECIDERS": "example.com,@example.com,*@*,a b@example.com,*@"}, []string{`"example.com"`, `"@example.com"`, `"*@*"`, `"a b@example.com"`, `"*@"`}},
		{"everything at once", map[string]string{"IAP_AUDIENCE": "", "DESK_DECIDERS": "x", "RESULTS_BUCKET": "", "KAFKA_BROKERS": "broker"},
			[]string{"IAP_AUDIENCE", "DESK_DECIDERS", "RESULTS_BUCKET", "KAFKA_BROKERS"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings(t, c.set)
			cfg, err := loadConfig()
			if (err == nil) != (c.say == nil) {
				t.Fatal(err)
			}
			if err == nil && cfg.Decisions != "test-results" {
				t.Errorf("decisions are kept in %q", cfg.Decisions)
			}
			for _, say := range c.say {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%v; want it to say %s", err, say)
				}
			}
		})
	}
}

func TestWhoMayDecide(t *testing.T) {
	for _, c := range []struct {
		deciders string
		may, not []string
	}{
		{"*", []string{"a@b.c"}, nil},
		{"*@example.com", []string{"a@example.com"}, []string{"a@evil-example.com", "a@example.com.evil", "a@sub.example.com", "example.com", "@example.com", "", `"x@example.com"@evil.com`}},
		{"Boss@Example.com,*@shop.kr", []string{"boss@example.com", "kim@shop.kr"}, []string{"xboss@example.com", "boss@example.comx", "kim@shop.kr.evil"}},
	} {
		cfg := Config{Deciders: strings.Split(c.deciders, ",")}
		for _, who := range c.may {
			if !cfg.mayDecide(who) {
				t.Errorf("%s: %s may not", c.deciders, who)
			}
		}
		for _, who := range c.not {
			if cfg.mayDecide(who) {
				t.Errorf("%s: %s may", c.deciders, who)
			}
		}
	}
	if (Config{}).mayDecide("a@b.c") {
		t.Error("without a word, anybody may decide")
	}
	if !(Config{LocalOnly: true}).mayDecide("user") {
		t.Error("a machine's own user may not decide")
	}
}
