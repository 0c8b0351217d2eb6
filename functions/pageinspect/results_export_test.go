package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/result"
)

// bigQueryColumn is a column of the external table over exports.
type bigQueryColumn struct {
	Name, Type, Mode string
	Fields           []bigQueryColumn
}

// TestExportsHaveTheColumns: a line that the command writes for a result in which
// nothing is empty has a value for each column of BigQuery's external table, of its
// type, and no other.
func TestExportsHaveTheColumns(t *testing.T) {
	var r result.Result
	fill(reflect.ValueOf(&r).Elem())
	r.Schema, r.ID = result.Schema, "p-1"
	dir := t.TempDir()
	b, err := json.Marshal(r)
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, r.ID), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, r.ID, "result.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pages.jsonl")
	if code, _, stderr := pageinspect(t, "results", "--dir", dir, "--to", file); code == exitFailed {
		t.Fatal(stderr)
	}
	line, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	schema, err := os.ReadFile("../../terraform/exports.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var columns []bigQueryColumn
	if err := json.Unmarshal(schema, &columns); err != nil {
		t.Fatal(err)
	}
	for _, problem := range fits(got, columns, "") {
		t.Error(problem)
	}
}

// fits says where a JSON object is not exactly of the columns.
func fits(object map[string]any, columns []bigQueryColumn, at string) []string {
	var out []string
	known := map[string]bool{}
	for _, c := range columns {
		known[c.Name] = true
		v, ok := object[c.Name]
		if !ok {
			out = append(out, at+c.Name+" is a column, and the command does not write it")
			continue
		}
		list, repeated := v.([]any)
		if repeated != (c.Mode == "REPEATED") {
			out = append(out, fmt.Sprintf("%s%s is %s, and the command writes %v", at, c.Name, c.Mode, v))
			continue
		}
		if !repeated {
			list = []any{v}
		}
		for _, one := range list {
			fields, object := one.(map[string]any)
			if object && c.Type == "RECORD" {
				out = append(out, fits(fields, c.Fields, at+c.Name+".")...)
			} else if !is(one, c.Type) {
				out = append(out, fmt.Sprintf("%s%s is %s, and the command writes %v", at, c.Name, c.Type, one))
			}
		}
	}
	for name := range object {
		if !known[name] {
			out = append(out, at+name+" has no column")
		}
	}
	return out
}

// is says whether BigQuery reads a JSON value as the type.
func is(v any, columnType string) bool {
	switch v := v.(type) {
	case string:
		return columnType == "STRING"
	case bool:
		return columnType == "BOOLEAN"
	case float64:
		return columnType == "FLOAT" || columnType == "INTEGER" && v == float64(int64(v))
	}
	return columnType == "JSON" && v != nil
}

// fill leaves nothing of a value empty. Numbers with a point have something behind it.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 26, 12, 0, 0, 1, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	default:
		panic("nothing is known to fill " + v.Type().String() + " with")
	}
}
