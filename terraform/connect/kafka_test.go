//go:build kafka

package connect

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pageinspect/pageinspect/shared/topic/apachekafka"
)

var update = flag.Bool("update", false, "rewrite the schemas from the connectors")

// TestApacheKafka has the connectors themselves check the files, and the schemas
// be what they define. Camel's and Google's come from Maven Central; Aiven's, which
// is not there, is checked if the folder CONNECT_PLUGINS has it. Confluent's runs
// in Confluent Cloud alone.
func TestApacheKafka(t *testing.T) {
	connect := apachekafka.StartConnect(t, apachekafka.Start(t), variables(t), apachekafka.Camel, apachekafka.PubSub)
	for _, file := range slices.Sorted(maps.Keys(wanted)) {
		class := wanted[file].class
		if class == confluent {
			continue
		}
		if class == aiven && !connect.Has(t, aiven) {
			t.Logf("%s is not checked: CONNECT_PLUGINS has no %s", file, class)
			continue
		}
		d := read(t, file)
		config := d.Config
		config["name"] = d.Name // as POST /connectors does
		properties := connect.Validate(t, config)
		defined := map[string]bool{}
		for _, p := range properties {
			defined[p.Definition.Name] = true
			for _, e := range p.Value.Errors {
				t.Errorf("%s: %s", file, e)
			}
		}
		for key := range config {
			if !defined[key] {
				t.Errorf("%s: the connector knows no %s", file, key)
			}
		}
		t.Logf("%s: %d properties, as the connector wants them", file, len(config))
		agrees(t, schemas[class], class, properties)
	}
}

// foreign is what belongs to a transform, a predicate or a converter.
var foreign = regexp.MustCompile(`^(transforms|predicates|(key|value|header)\.converter)\.`)

// variables gives each variable of the files a value of its kind.
func variables(t *testing.T) []string {
	var env []string
	for file := range wanted {
		for _, value := range read(t, file).Config {
			for _, m := range variable.FindAllStringSubmatch(value, -1) {
				switch name := m[1]; {
				case strings.HasSuffix(name, "_URL"):
					env = append(env, name+"=http://127.0.0.1:1/")
				default:
					env = append(env, name+"=1")
				}
			}
		}
	}
	return env
}

// agrees compares a schema with the connector's own definitions.
func agrees(t *testing.T, file, class string, properties []apachekafka.Property) {
	t.Helper()
	compact, err := json.Marshal(derive(class, properties))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Indent(&want, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	want.WriteByte('\n')
	if *update {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.String(), string(got)); d != "" {
		t.Errorf("%s is not what the connector defines; run go test -tags kafka ./terraform/connect -update (-connector +file)\n%s", file, d)
	}
}

// derive makes the schema of a connector's configuration. Values are strings;
// what a transform or a predicate takes is theirs to define. Of the consumer's
// settings the connector lists those that the files override.
func derive(class string, properties []apachekafka.Property) *jsonschema.Schema {
	const placeholder = `\$\{[a-z]+:[^}]+\}`
	var classConst any = class
	text := &jsonschema.Schema{Type: "string"}
	s := &jsonschema.Schema{
		Schema:  "https://json-schema.org/draft/2020-12/schema",
		Comment: "From the connector's ConfigDef, asked of a Kafka Connect worker: go test -tags kafka ./terraform/connect -update",
		Type:    "object", Title: class, Required: []string{"connector.class", "topics"},
		Properties:           map[string]*jsonschema.Schema{},
		PatternProperties:    map[string]*jsonschema.Schema{`^(transforms|predicates)\.[A-Za-z]+\.[a-z.]+$`: text},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, p := range properties {
		d := p.Definition
		if d.Name == "name" || foreign.MatchString(d.Name) {
			continue
		}
		property := &jsonschema.Schema{Type: "string"}
		switch d.Type {
		case "INT", "LONG", "SHORT":
			property.Pattern = `^(-?[0-9]+|` + placeholder + `)$`
		case "BOOLEAN":
			property.Pattern = `^(true|false|` + placeholder + `)$`
		}
		if d.Name == "connector.class" {
			property = &jsonschema.Schema{Const: &classConst}
		}
		s.Properties[d.Name] = property
		if d.Required && !slices.Contains(s.Required, d.Name) {
			s.Required = append(s.Required, d.Name)
		}
	}
	slices.Sort(s.Required)
	return s
}
