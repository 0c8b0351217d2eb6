package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// entry is a file of an archive that is taken apart.
type entry struct {
	name string
	data []byte
}

func apart(t *testing.T, b []byte) (all []entry) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{f.Name, data})
	}
	return all
}

// together writes entries as an archive is written.
func together(t *testing.T, all []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := &writer{zip: zip.NewWriter(&b)}
	for _, e := range all {
		if err := w.add(e.name, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestEveryByteCounts: an archive in which any byte is another does not hold. Of the
// files' own bytes one in a hundred is tried, of what lies between them each.
func TestEveryByteCounts(t *testing.T) {
	p, r := desk(t)
	b := pack(t, p, r.ID)
	inFile := make([]bool, len(b))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for i := at; i < at+int64(f.UncompressedSize64); i++ {
			inFile[i] = true
		}
	}
	tried, bytesBetween := 0, 0
	for i := range b {
		if inFile[i] && i%997 != 0 {
			continue
		}
		if !inFile[i] {
			if bytesBetween++; bytesBetween%5 != 0 { // each place of a header comes round: headers differ in length
				continue
			}
		}
		tried++
		b[i] ^= 1 << (i % 8)
		if _, err := verify(b, Trust{}); err == nil {
			t.Errorf("byte %d of %d (in a file: %v) is another, and it holds", i, len(b), inFile[i])
		}
		b[i] ^= 1 << (i % 8)
	}
	if _, err := verify(b, Trust{}); err != nil || tried < 300 {
		t.Errorf("%d bytes were tried, and then: %v", tried, err)
	}
}

// TestEveryFileCounts: a file that is changed, with the ZIP's own sums made right
// again, is found by its name; so is one that is missing, added, or elsewhere.
func TestEveryFileCounts(t *testing.T) {
	p, r := desk(t)
	all := apart(t, pack(t, p, r.ID))
	if _, err := verify(together(t, all), Trust{}); err != nil {
		t.Fatal(err)
	}
	for i, e := range all {
		for _, at := range []int{0, len(e.data) / 2, len(e.data) - 1} {
			changed := slices.Clone(all)
			changed[i].data = slices.Clone(e.data)
			changed[i].data[at] ^= 1
			if _, err := verify(together(t, changed), Trust{}); err == nil || e.name != signatureName && !strings.Contains(err.Error(), e.name) {
				t.Errorf("byte %d of %s is another: %v", at, e.name, err)
			}
		}
		if _, err := verify(together(t, slices.Delete(slices.Clone(all), i, i+1)), Trust{}); err == nil {
			t.Errorf("%s is missing, and it holds", e.name)
		}
		if i > 0 {
			swapped := slices.Clone(all)
			swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
			if _, err := verify(together(t, swapped), Trust{}); err == nil {
				t.Errorf("%s lies elsewhere, and it holds", e.name)
			}
		}
	}
	for _, name := range []string{"tiles/009.jpg", "decisions/page/00003.json", "shown/" + strings.Repeat("0", 64) + ".json", timestampName} {
		if _, err := verify(together(t, append(slices.Clone(all), entry{name, []byte("{}")})), Trust{}); err == nil {
			t.Errorf("%s was added, and it holds", name)
		}
	}
}

// TestHostileArchives are refused before anything of them is believed.
func TestHostileArchives(t *testing.T) {
	p, r := desk(t)
	good := pack(t, p, r.ID)
	all := apart(t, good)
	raw := func(method uint16, entries ...entry) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range entries {
			w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
			if err == nil {
				_, err = w.Write(e.data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i] = entry{fmt.Sprintf("tiles/%05d.jpg", i), nil}
	}
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"no ZIP":                []byte("GIF89a"),
		"an empty ZIP":          raw(zip.Store),
		"a bomb":                raw(zip.Deflate, entry{resultName, bytes.Repeat([]byte{0}, 20<<20)}),
		"compressed":            raw(zip.Deflate, all...),
		"the same, otherwise":   raw(zip.Store, all...),
		"a name that leads out": together(t, append(slices.Clone(all), entry{"../../etc/passwd", nil})),
		"an absolute name":      together(t, append(slices.Clone(all), entry{"/etc/passwd", nil})),
		"a name of Windows":     together(t, append(slices.Clone(all), entry{`tiles\000.jpg`, nil})),
		"a folder":              together(t, append(slices.Clone(all), entry{"tiles/", nil})),
		"a name twice":          together(t, append(slices.Clone(all), entry{resultName, all[1].data})),
		"a file that is none":   together(t, append(slices.Clone(all), entry{"setup.exe", nil})),
		"too many files":        together(t, many),
		"something in front":    append([]byte("#!/bin/sh\n"), good...),
		"something behind":      append(slices.Clone(good), 0),
		"the end is missing":    good[:len(good)-1],
		"two archives in one":   append(slices.Clone(good), good...),
		"a comment":             func() []byte { b := append(slices.Clone(good), "hi"...); b[len(good)-2] = 2; return b }(),
		"a statement of another": func() []byte {
			return together(t, append(slices.Clone(all[:1]), entry{statementName, []byte(`{"schema":"x"}`)}))
		}(),
	} {
		if _, err := verify(b, Trust{}); err == nil {
			t.Errorf("%s: it holds", name)
		}
	}
}

// signAgain packs entries anew as somebody would who holds a key and lies.
func signAgain(t *testing.T, all []entry, change func(s *Statement)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := &writer{zip: zip.NewWriter(&b)}
	var s Statement
	for _, e := range all {
		switch e.name {
		case statementName:
			var err error
			if s, err = decodeStatement(e.data); err != nil {
				t.Fatal(err)
			}
		case signatureName:
		default:
			if err := w.add(e.name, e.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.Files = w.files; change != nil {
		change(&s)
	}
	statement, err := s.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []entry{{statementName, statement}, {signatureName, ed25519.Sign(key, statement)}} {
		if err := w.add(e.name, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPartsBelongTogether: a signature does not make pictures of another page this page's.
func TestPartsBelongTogether(t *testing.T) {
	p, r := desk(t)
	all := apart(t, pack(t, p, r.ID))
	if _, err := verify(signAgain(t, all, nil), Trust{Key: key.Public().(ed25519.PublicKey)}); err != nil {
		t.Fatal(err)
	}
	// with changes the file whose name begins so.
	with := func(name string, change func([]byte) []byte) []entry {
		changed := slices.Clone(all)
		for i, e := range changed {
			if strings.HasPrefix(e.name, name) {
				changed[i].data = change(slices.Clone(e.data))
				return changed
			}
		}
		t.Fatalf("there is no %s", name)
		return nil
	}
	without := func(name string) []entry {
		return slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return e.name == name })
	}
	decided := func(change func(d *decision.Decision)) func([]byte) []byte {
		return func(b []byte) []byte {
			var d decision.Decision
			if err := json.Unmarshal(b, &d); err != nil {
				t.Fatal(err)
			}
			change(&d)
			b, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	read := func(change func(r *result.Result)) func([]byte) []byte {
		return func(b []byte) []byte {
			r, err := result.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			change(&r)
			b, err = json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	other := func([]byte) []byte { return []byte("another picture") }
	for name, c := range map[string]struct {
		files  []entry
		change func(s *Statement)
		want   string
	}{
		"another picture":            {with("tiles/000", other), nil, "tiles/000.jpg is not the picture"},
		"a picture less":             {without("tiles/002.jpg"), nil, "tiles/002.jpg is not the picture"},
		"a result without a picture": {with(resultName, read(func(r *result.Result) { r.Tiles = r.Tiles[:2] })), nil, "tiles/002.jpg is no picture of the result"},
		"a result of another page":   {with(resultName, read(func(r *result.Result) { r.ID = "other" })), nil, "about another page"},
		"another verdict":            {all, func(s *Statement) { s.Verdict = "pass" }, "about another page"},
		"a manifest of another page": {with(manifestName, func(b []byte) []byte { return bytes.Replace(b, []byte(`"id":"`), []byte(`"id":"x`), 1) }), nil, "of another page"},
		"a manifest of other tiles": {with(manifestName, func(b []byte) []byte {
			return bytes.Replace(b, []byte(r.Tiles[0].SHA256), []byte(strings.Repeat("0", 64)), 1)
		}), nil, "tiles/000.jpg is not in page/manifest.json"},
		"a decision on another page":  {with("decisions/page/", decided(func(d *decision.Decision) { d.Subject = "other" })), nil, "about something else"},
		"a decision of another":       {with("decisions/page/", decided(func(d *decision.Decision) { d.N = 7 })), nil, "about something else"},
		"a decision that is none":     {with("decisions/page/", func([]byte) []byte { return []byte("{}") }), nil, "decisions/page/00001.json"},
		"the first decision left out": {without("decisions/page/00001.json"), nil, "one before it is missing"},
		"a decision on no picture":    {with("decisions/picture/", decided(func(d *decision.Decision) { d.Series = decision.Second; d.Subject = "x" })), nil, "about something else"},
		"what was shown is another":   {with("shown/", func(b []byte) []byte { return append(b, ' ') }), nil, "is not what its name says"},
		"a key that is not named":     {with(keyName, func([]byte) []byte { return []byte("x") }), nil, "another key"},
		"a name that is none":         {all, func(s *Statement) { s.Files[0].Name = "../x" }, "no file of such an archive"},
	} {
		if _, err := verify(signAgain(t, c.files, c.change), Trust{Key: key.Public().(ed25519.PublicKey)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestStatementsAreCanonical: what could be read in two ways is not read.
func TestStatementsAreCanonical(t *testing.T) {
	b, err := Statement{Schema: Schema, ID: "p", Files: []File{}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodeStatement(b); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{`"id": "p"`, `"id": "p", "id": "q"`}, {`"id": "p"`, `"ID": "p"`}, {`"id": "p"`, `"x": 1, "id": "p"`}, {`"id": "p"`, `"id":  "p"`}, {`"p"`, `"\u0070"`}, {"}\n", "} \n"}, {"}\n", "}\n{}"}} {
		if _, err := decodeStatement([]byte(strings.Replace(string(b), c[0], c[1], 1))); err == nil {
			t.Errorf("%s in place of %s is read", c[1], c[0])
		}
	}
}
