package terraform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write exports.schema.json anew")

// contract is as much of a JSON Schema as the published contracts use.
type contract struct {
	Type                 any                 `json:"type"`
	Const                any                 `json:"const"`
	Ref                  string              `json:"$ref"`
	Description          string              `json:"description"`
	Properties           map[string]contract `json:"properties"`
	Items                *contract           `json:"items"`
	AdditionalProperties json.RawMessage     `json:"additionalProperties"`
	Defs                 map[string]contract `json:"$defs"`
}

// column is a field of a BigQuery schema, as the API has it.
type column struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Mode        string   `json:"mode"`
	Description string   `json:"description,omitempty"`
	Fields      []column `json:"fields,omitempty"`
}

func readContract(t *testing.T, name string) contract {
	t.Helper()
	b, err := os.ReadFile("../shared/schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// columns is what BigQuery reads the properties of an object as.
func (c contract) columns(defs map[string]contract) ([]column, error) {
	var out []column
	for _, name := range slices.Sorted(maps.Keys(c.Properties)) {
		col, err := c.Properties[name].column(name, defs)
		if err != nil {
			return nil, err
		}
		out = append(out, col)
	}
	return out, nil
}

func (c contract) column(name string, defs map[string]contract) (column, error) {
	out := column{Name: name, Mode: "NULLABLE", Description: c.Description}
	if c.Ref != "" {
		c = defs[strings.TrimPrefix(c.Ref, "#/$defs/")]
	}
	switch typ := c.kind(); typ {
	case "string": // times, too: BigQuery's end at microseconds, and a longer one would fail the query
		out.Type = "STRING"
	case "integer":
		out.Type = "INTEGER"
	case "number":
		out.Type = "FLOAT"
	case "boolean":
		out.Type = "BOOLEAN"
	case "array":
		element, err := c.Items.column(name, defs)
		if err != nil || element.Mode == "REPEATED" {
			return out, fmt.Errorf("%s: BigQuery has no lists of lists (%w)", name, err)
		}
		out.Type, out.Mode, out.Fields = element.Type, "REPEATED", element.Fields
	case "object":
		if c.Properties == nil { // names that the contract does not know, such as a label's
			out.Type = "JSON"
			return out, nil
		}
		var err error
		out.Type = "RECORD"
		if out.Fields, err = c.columns(defs); err != nil {
			return out, err
		}
	default:
		return out, fmt.Errorf("%s: BigQuery has no type for %q", name, typ)
	}
	return out, nil
}

// kind is the type besides null, which BigQuery takes everywhere but for a list.
func (c contract) kind() string {
	if s, ok := c.Const.(string); ok && s != "" {
		return "string"
	}
	if all, ok := c.Type.([]any); ok {
		for _, one := range all {
			if one != "null" {
				return fmt.Sprint(one)
			}
		}
	}
	return fmt.Sprint(c.Type)
}

// notExported are the fields of a result that no line of an export has; see TestExportsHaveTheColumns of the command.
var notExported = []string{"html", "lines", "text"}

// TestExportsSchema: the external table's columns are the fields of the result
// that an export has. go test ./terraform -update writes them anew.
func TestExportsSchema(t *testing.T) {
	c := readContract(t, "result.json")
	for _, name := range notExported {
		if _, ok := c.Properties[name]; !ok {
			t.Errorf("a result has no %s", name)
		}
		delete(c.Properties, name)
	}
	columns, err := c.columns(c.Defs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(columns, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("exports.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("exports.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("exports.schema.json is not of the contract; go test ./terraform -update writes it anew")
	}
}

// TestFailuresAmongExports: an export of what run left (--dir) has a line of the
// error contract for each page that failed; none of its fields is another type's column.
func TestFailuresAmongExports(t *testing.T) {
	result, failure := readContract(t, "result.json"), readContract(t, "error.json")
	both := 0
	for name, field := range failure.Properties {
		other, ok := result.Properties[name]
		if !ok {
			continue
		}
		both++
		a, errA := field.column(name, failure.Defs)
		b, errB := other.column(name, result.Defs)
		if errA != nil || errB != nil || a.Type != b.Type || a.Mode != b.Mode {
			t.Errorf("%s is %s %s of a failure and %s %s of a result (%v, %v)", name, a.Mode, a.Type, b.Mode, b.Type, errA, errB)
		}
	}
	if both == 0 {
		t.Error("no field is common to both")
	}
}
