// Package connect holds the connector configurations to what the connectors
// themselves say, and to what Pageinspect asks of them.
package connect

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
)

// The connectors, and the schema of what each may be told.
const (
	camel     = "org.apache.camel.kafkaconnector.CamelSinkConnector"
	aiven     = "io.aiven.kafka.connect.http.HttpSinkConnector"
	pubsub    = "com.google.pubsub.kafka.sink.CloudPubSubSinkConnector"
	confluent = "GoogleCloudFunctionsGen2Sink"
)

var schemas = map[string]string{
	camel: "schema/camel.json", aiven: "schema/aiven.json", pubsub: "schema/pubsub.json", confluent: "schema/confluent.json",
}

// functionTimeout is the longest that a function may be let take to answer.
const functionTimeout = 599 * time.Second

// Whatever timeout_seconds is, it is less than what the connectors wait for.
func TestTheLongestTimeout(t *testing.T) {
	b, err := os.ReadFile("../variables.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, condition := range []string{"var.timeout_seconds < var.ack_deadline_seconds", fmt.Sprintf("var.ack_deadline_seconds <= %d", int(functionTimeout.Seconds())+1)} {
		if !strings.Contains(string(b), condition) {
			t.Errorf("variables.tf no longer demands %s", condition)
		}
	}
}

// wanted is what each file must say.
var wanted = map[string]struct {
	class, topic string
	keys         []string // that it must set, besides the schema's required ones
}{
	"camel-requests.json":        {camel, localcloud.RequestsTopic, []string{"camel.sink.url", "transforms.authorization.value.literal"}},
	"camel-results-webhook.json": {camel, localcloud.ResultsTopic, []string{"camel.sink.url", "transforms.authorization.value.literal"}},
	"aiven-requests.json":        {aiven, localcloud.RequestsTopic, []string{"http.url", "http.headers.content.type", "http.headers.authorization"}},
	"aiven-results-webhook.json": {aiven, localcloud.ResultsTopic, []string{"http.url", "http.headers.content.type", "http.headers.authorization"}},
	"pubsub-requests.json":       {pubsub, localcloud.RequestsTopic, []string{"cps.project", "cps.topic", "metadata.publish"}},
	"pubsub-results.json":        {pubsub, localcloud.ResultsTopic, []string{"cps.project", "cps.topic", "metadata.publish"}},
	"confluent-requests.json":    {confluent, localcloud.RequestsTopic, []string{"gcf.custom.url", "gcf.audience.url", "gcp.credentials.json"}},
}

// definition is what POST /connectors takes.
type definition struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
}

func read(t *testing.T, file string) definition {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d definition
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return d
}

// validate holds a definition to its connector's schema.
func validate(t *testing.T, d definition) error {
	t.Helper()
	file, ok := schemas[d.Config["connector.class"]]
	if !ok {
		return fmt.Errorf("connector.class %q is none of ours", d.Config["connector.class"])
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return resolved.Validate(d.Config)
}

func TestConfigurations(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(maps.Keys(wanted)); !slices.Equal(files, want) {
		t.Fatalf("there are %v, and here is said what %v must say", files, want)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			d, want := read(t, file), wanted[file]
			if err := validate(t, d); err != nil {
				t.Error(err)
			}
			c := d.Config
			if c["connector.class"] != want.class || c["topics"] != want.topic {
				t.Errorf("class %q, topics %q, want %q, %q", c["connector.class"], c["topics"], want.class, want.topic)
			}
			for _, key := range append(want.keys, "tasks.max") {
				if c[key] == "" {
					t.Errorf("%s is missing", key)
				}
			}
			// Connect's own default takes records of aborted transactions. Confluent's connector has no such setting.
			if isolation := c["consumer.override.isolation.level"]; want.class != confluent && isolation != "read_committed" {
				t.Errorf("isolation.level is %q: pages of aborted transactions would be inspected", isolation)
			}
			switch want.class {
			case camel, aiven:
				loses(t, c, want.topic)
				outlasts(t, c, want.topic)
			case confluent:
				reaches(t, c)
				outlasts(t, c, want.topic)
			}
		})
	}
}

// loses checks that nothing is: what the sink gives up on goes to a dead letter
// topic, whole and with the reason.
func loses(t *testing.T, c map[string]string, topic string) {
	for key, want := range map[string]string{
		"errors.tolerance":                              "all",
		"errors.deadletterqueue.topic.name":             topic + ".dlq",
		"errors.deadletterqueue.context.headers.enable": "true",
	} {
		if c[key] != want {
			t.Errorf("%s is %q, want %q", key, c[key], want)
		}
	}
	if c["value.converter"] != "org.apache.kafka.connect.converters.ByteArrayConverter" && c["value.converter"] != "org.apache.kafka.connect.storage.StringConverter" {
		t.Errorf("value.converter %q would change the JSON", c["value.converter"])
	}
}

// reaches checks that Confluent's connector calls the service's own address: a
// Cloud Run service has none at cloudfunctions.net, which it would make of a name.
// It stops and skips nothing where Capture is away for longer than it tries.
func reaches(t *testing.T, c map[string]string) {
	for key, want := range map[string]string{
		"gcf.custom.url.enabled": "true", "gcf.audience.url": c["gcf.custom.url"], "gcf.name": "", "gcf.auth.type": "Google Cloud Service Account",
		"behavior.on.error": "FAIL", "retry.on.status.codes": "400-", "retry.backoff.policy": "CONSTANT_VALUE", "max.batch.size": "1",
	} {
		if c[key] != want {
			t.Errorf("%s is %q, want %q", key, c[key], want)
		}
	}
}

// outlasts checks the times: a page may take as long as the function may, an
// outage of ten minutes is no dead letter, and neither looks like a dead worker.
func outlasts(t *testing.T, c map[string]string, topic string) {
	number := func(keys ...string) time.Duration {
		for _, key := range keys {
			if n, err := strconv.Atoi(c[key]); err == nil {
				return time.Duration(n)
			}
		}
		t.Errorf("none of %v is a number", keys)
		return 0
	}
	retries := number("camel.error.handler.max.redeliveries", "max.retries")
	pause := number("camel.error.handler.redelivery.delay", "retry.backoff.ms") * time.Millisecond
	if retries*pause < 10*time.Minute {
		t.Errorf("%d retries every %s end before 10 minutes", retries, pause)
	}
	if poll := number("consumer.override.max.poll.interval.ms", "max.poll.interval.ms") * time.Millisecond; poll < retries*pause+functionTimeout {
		t.Errorf("a poll interval of %s is shorter than the retries and one page", poll)
	}
	if number("consumer.override.max.poll.records", "max.poll.records") != 1 {
		t.Error("several records a poll add up their retries")
	}
	if topic != localcloud.RequestsTopic {
		return
	}
	limit := functionTimeout + time.Second
	switch c["connector.class"] {
	case aiven:
		limit = number("http.timeout") * time.Second
	case confluent:
		limit = number("gcf.request.timeout.ms") * time.Millisecond
	case camel: // waits for ever unless its address says otherwise
		if strings.Contains(strings.ToLower(c["camel.sink.url"]), "timeout") {
			t.Errorf("camel.sink.url %s has a limit of its own", c["camel.sink.url"])
		}
	}
	if limit <= functionTimeout {
		t.Errorf("the connector waits for %s: that cuts pages off that the function may still take", limit)
	}
}

var (
	variable = regexp.MustCompile(`\$\{env:([A-Z_]+)\}`)
	secret   = regexp.MustCompile(`(?i)(secret|password|credentials|token|api\.key|authorization)(\.json)?(\.value\.literal)?$`)
)

// TestNoSecrets: what must not be known is named, never said, and each name is explained.
func TestNoSecrets(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, pattern, _ := strings.Cut(string(readme), "param.allowlist.pattern=")
	pattern, _, _ = strings.Cut(pattern, "\n")
	allowed := regexp.MustCompile("^" + pattern + "$")
	named := 0
	for file := range wanted {
		if !strings.Contains(string(readme), file) {
			t.Errorf("README.md does not mention %s", file)
		}
		for key, value := range read(t, file).Config {
			if secret.MatchString(key) {
				named++
				if !regexp.MustCompile("^" + variable.String() + "$").MatchString(value) {
					t.Errorf("%s: %s is a secret and says %q", file, key, value)
				}
			}
			if strings.Contains(value, "${") && !variable.MatchString(value) {
				t.Errorf("%s: %s has a placeholder that is not ${env:NAME}: %q", file, key, value)
			}
			for _, m := range variable.FindAllStringSubmatch(value, -1) {
				if wanted[file].class != confluent && !allowed.MatchString(m[1]) {
					t.Errorf("%s: README.md's pattern does not let a worker read %s", file, m[1])
				}
				if !strings.Contains(string(readme), "`"+m[1]+"`") {
					t.Errorf("README.md does not explain %s of %s", m[1], file)
				}
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d secrets were found: the pattern is wrong", named)
	}
}

// TestSchemasRefuse: a mistake in a configuration is one the schema sees.
func TestSchemasRefuse(t *testing.T) {
	for file := range wanted {
		for mistake, make := range map[string]func(map[string]string){
			"unknown key":      func(c map[string]string) { c["http.urll"] = "x" },
			"number":           func(c map[string]string) { c["tasks.max"] = "many" },
			"no class":         func(c map[string]string) { delete(c, "connector.class") },
			"another class":    func(c map[string]string) { c["connector.class"] += "x" },
			"no topics":        func(c map[string]string) { delete(c, "topics") },
			"unknown override": func(c map[string]string) { c["consumer.override.max.poll"] = "1" },
		} {
			d := read(t, file)
			make(d.Config)
			if validate(t, d) == nil {
				t.Errorf("%s: the schema sees no mistake in: %s", file, mistake)
			}
		}
	}
}
