package capture

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

func load(t *testing.T, text string) (*Profiles, error) {
	t.Helper()
	file := t.TempDir() + "/own.yaml"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadProfiles(file)
}

func TestProfilesThatAreWrongAreRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"version: v2\nprofiles: []", `version: is "v2", want v1`},
		{"profiles: []", `version: is "", want v1`},
		{"version: v1\nprofiles:\n - {name: a, colour: red}", "colour"},
		{"version: v1\nprofiles:\n - {name: a, scale: big}", "scale"},
		{"version: v1\nprofiles: [", "own.yaml"},
		{"version: v1\nprofiles:\n - {scale: 1}", "profiles[0].name"},
		{"version: v1\nprofiles:\n - {name: a}\n - {name: a}", "profiles[1].name"},
		{"version: v1\nprofiles:\n - {name: a, viewport: {width: 10}}", "viewport.width: is 10, want 200 to 4096"},
		{"version: v1\nprofiles:\n - {name: a, viewport: {height: 9999}}", "viewport.height"},
		{"version: v1\nprofiles:\n - {name: a, max_height: 100}", "max_height: is 100, want 800 to 200000"},
		{"version: v1\nprofiles:\n - {name: a, max_height: 200001}", "max_height"},
		{"version: v1\nprofiles:\n - {name: a, tile_height: 100}", "tile_height"},
		{"version: v1\nprofiles:\n - {name: a, overlap: 3000}", "overlap: is 3000, want 32 to 2048"},
		{"version: v1\nprofiles:\n - {name: a, quality: 101}", "quality"},
		{"version: v1\nprofiles:\n - {name: a, scale: 9}", "scale: is 9"},
		{"version: v1\nprofiles:\n - {name: a, scale: -1}", "scale: is -1"},
		{"version: v1\nprofiles:\n - {name: a, scale: .nan}", "scale: is NaN"},
		{"version: v1\nprofiles:\n - {name: a, format: gif}", "format: is \"gif\""},
		{"version: v1\nprofiles:\n - {name: a, hosts: ['[']}", "hosts"},
		// The tile becomes lower than asked for, and the overlap must fit it still.
		{"version: v1\nprofiles:\n - {name: a, scale: 4, tile_height: 8192, overlap: 4000}", "overlap: is 4000, want 32 to 488"},
	} {
		_, err := load(t, c.text)
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "own.yaml") {
			t.Errorf("%s\n\terror %q, want one with the file and %q", c.text, err, c.want)
		}
	}
	if _, err := LoadProfiles("/nonexistent.yaml"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no file: %v", err)
	}
}

func TestTheProfileOfAPage(t *testing.T) {
	ps, err := load(t, `version: v1
profiles:
 - {name: one, hosts: ["*.shop.example"], scale: 2}
 - {name: two, hosts: [a.shop.example, "b.example"]}
 - {name: sharp, scale: 3}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, url, want string }{
		{"", "https://a.shop.example/x", "one"}, // the first that matches
		{"", "https://A.Shop.Example:8443/x", "one"},
		{"", "https://b.example/", "two"},
		{"", "https://shop.example/", "default"},
		{"two", "https://a.shop.example/x", "two"},
		{"mobile", "https://a.shop.example/x", "mobile"},
	} {
		p, err := ps.For(c.name, c.url)
		if err != nil || p.Name != c.want {
			t.Errorf("For(%q, %q): %q, %v; want %q", c.name, c.url, p.Name, err, c.want)
		}
	}
	if p, _ := ps.For("sharp", "https://x/"); p.Scale != 3 || p.TileHeight*3 > page.MaxRows {
		t.Errorf("a profile of the user's does not replace the bundled one: %+v", p)
	}
	if _, err := ps.For("none", "https://x/"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "one, two, sharp, default, mobile") {
		t.Errorf("an unknown name: %v", err)
	}
}

// The published schema and the program agree: on the keys, their defaults and
// their limits, and it accepts the bundled profiles.
func TestTheSchemaIsTheProgram(t *testing.T) {
	text, err := os.ReadFile("profiles.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var bundled any
	if err := yaml.Unmarshal(bundledProfiles, &bundled); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(bundled); err != nil {
		t.Errorf("the bundled profiles: %v", err)
	}

	// What a profile is that says nothing, as a schema's defaults.
	ps, err := load(t, "version: v1\nprofiles:\n - {name: empty}\n")
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Marshal(ps.list[0])
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(b, &values); err != nil {
		t.Fatal(err)
	}
	check := func(where string, properties map[string]*jsonschema.Schema, values map[string]any) {
		for key, p := range properties {
			v, known := values[key]
			if !known {
				t.Errorf("%s%s is in the schema alone", where, key)
			}
			if p.Default != nil && fmt.Sprint(v) != strings.Trim(string(p.Default), `"`) {
				t.Errorf("%s%s: the schema's default is %s, the program's %v", where, key, p.Default, v)
			}
		}
		for key := range values {
			if properties[key] == nil {
				t.Errorf("%s%s is not in the schema", where, key)
			}
		}
	}
	profile := s.Defs["profile"]
	check("", profile.Properties, values)
	check("viewport.", profile.Properties["viewport"].Properties, values["viewport"].(map[string]any))

	for key, p := range profile.Properties {
		if p.Minimum == nil || p.Maximum == nil {
			continue
		}
		for _, v := range []float64{*p.Minimum - 1, *p.Maximum + 1} {
			if _, err := load(t, fmt.Sprintf("version: v1\nprofiles:\n - {name: a, %s: %v}\n", key, v)); err == nil && v != 0 { // 0 is the default
				t.Errorf("%s: the schema refuses %v, the program does not", key, v)
			}
		}
	}
}
