package page

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

func good() Manifest {
	return Manifest{
		Schema: Schema, ID: "p-1", Request: job.Request{Schema: job.RequestSchema, ID: "p-1", URL: "https://shop.example/1"},
		FinalURL: "https://shop.example/1", CapturedAt: time.Unix(1, 0), Width: 1280, Height: 5000, Scale: 1,
		Tiles: []Tile{{Object: "gs://b/0", Width: 1280, Height: 4096}, {Object: "gs://b/1", Y: 3840, Width: 1280, Height: 1160}},
	}
}

func TestDecodeNamesTheField(t *testing.T) {
	for _, c := range []struct {
		field string
		spoil func(*Manifest)
	}{
		{"schema", func(m *Manifest) { m.Schema = "other/v1" }},
		{"id", func(m *Manifest) { m.ID = "" }},
		{"id", func(m *Manifest) { m.ID = "../../etc" }},
		{"final_url", func(m *Manifest) { m.FinalURL = "" }},
		{"captured_at", func(m *Manifest) { m.CapturedAt = time.Time{} }},
		{"width", func(m *Manifest) { m.Width = 0 }},
		{"height", func(m *Manifest) { m.Height = -1 }},
		{"scale", func(m *Manifest) { m.Scale = 0 }},
		{"scale", func(m *Manifest) { m.Scale = 1e9 }},
		{"tiles", func(m *Manifest) { m.Tiles = nil }},
		{"tiles", func(m *Manifest) { m.Tiles = make([]Tile, 10_000) }},
		{"tiles[0].object", func(m *Manifest) { m.Tiles[0].Object = "http://elsewhere/x.jpg" }},
		{"tiles[1].height", func(m *Manifest) { m.Tiles[1].Height = 9000 }},
		{"tiles[1].width", func(m *Manifest) { m.Tiles[1].Width = 9000 }},
		{"tiles[1].width", func(m *Manifest) { m.Tiles[1].X, m.Tiles[1].Width = 1, math.MaxInt }},
		{"tiles[1].height", func(m *Manifest) { m.Tiles[1].Height = math.MaxInt }},
		{"tiles[1].y", func(m *Manifest) { m.Tiles[1].Y, m.Tiles[1].Height = 0, 100 }},
		{"tiles[1].y", func(m *Manifest) { m.Tiles[1].Y, m.Tiles[1].Height = 4500, 100 }},
	} {
		m := good()
		c.spoil(&m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.field+": ") {
			t.Errorf("%s: got %v", c.field, err)
		}
	}
	b, _ := json.Marshal(good())
	if _, err := Decode(b); err != nil {
		t.Errorf("a good manifest is refused: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	b, _ := json.Marshal(good())
	f.Add(b)
	f.Add([]byte(`{"schema":"pageinspect.page/v1"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err == nil && m.Validate() != nil {
			t.Errorf("accepted and invalid: %v", m.Validate())
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("kind %s: %v", fault.KindOf(err), err)
		}
	})
}

func TestDecodeDOM(t *testing.T) {
	for say, b := range map[string]string{
		"":                 `{"schema":"pageinspect.dom/v1","texts":[{"text":"글","box":{"x":1,"y":2,"w":3,"h":4}}],"new_field":1}`,
		"not JSON":         `{"schema":`,
		"schema":           `{"schema":"pageinspect.dom/v2"}`,
		"cannot unmarshal": `{"schema":"pageinspect.dom/v1","texts":7}`,
	} {
		d, err := DecodeDOM([]byte(b))
		if say == "" && (err != nil || len(d.Texts) != 1 || d.Texts[0].Box.H != 4) || say != "" && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), say)) {
			t.Errorf("%s: %+v, %v", b, d, err)
		}
	}
	if _, err := DecodeDOM(make([]byte, MaxDOMBytes+1)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("too large: %v", err)
	}
}

func FuzzDecodeDOM(f *testing.F) {
	f.Add([]byte(`{"schema":"pageinspect.dom/v1","texts":[{"text":"글","box":{"x":1,"y":2,"w":3,"h":4}}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := DecodeDOM(b); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("kind %s: %v", fault.KindOf(err), err)
		}
	})
}
