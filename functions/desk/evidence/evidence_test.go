package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

var (
	now = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
)

// desk is one page in buckets: its manifest, its own text, a seam that Recognize made,
// and three decisions, the first of which was made on a result of before.
func desk(t *testing.T) (*Packer, result.Result) {
	t.Helper()
	server, err := localgcs.Start(localgcs.Config{Buckets: []string{"results", "pages", "screenshots"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(t.Context()) }) //nolint:errcheck // of a test
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: server.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() }) //nolint:errcheck // of a test
	put := func(uri string, data []byte) {
		t.Helper()
		at, err := store.ParseURI(uri)
		if err == nil {
			_, err = objects.Put(t.Context(), at, "application/octet-stream", data, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r := desktest.Result(1, 26)
	for i := range r.Tiles {
		b, err := desktest.Picture(r, i)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		r.Tiles[i].SHA256, r.Tiles[i].Bytes = hex.EncodeToString(sum[:]), len(b)
		put(r.Tiles[i].Object, b)
	}
	m := page.Manifest{
		Schema: page.Schema, ID: r.ID, FinalURL: r.FinalURL, Title: r.Title, CapturedAt: r.CapturedAt, Width: r.Page.Width, Height: r.Page.Height, Scale: 1,
		Tiles: append([]page.Tile{}, r.Tiles...), DOM: "gs://screenshots/" + r.ID + "/run-1/dom.json",
	}
	encode := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	put("gs://pages/"+r.ID+".json", encode(m))
	put(m.DOM, encode(page.DOM{Schema: page.DOMSchema, Texts: []page.DOMText{{Text: "크림"}}}))
	seam := []byte("a seam")
	sum := sha256.Sum256(seam)
	r.Tiles = append(r.Tiles[:1:1], append([]page.Tile{{
		Object: "gs://screenshots/" + r.ID + "/run-1/seam-700.jpg", Y: 700, Width: r.Page.Width, Height: 160, MediaType: "image/jpeg", Seam: true, SHA256: hex.EncodeToString(sum[:]), Bytes: len(seam),
	}}, r.Tiles[1:]...)...)
	put(r.Tiles[1].Object, seam)
	put("gs://results/"+r.ID+"/result.json", encode(r))

	l := &ledger.Ledger{Store: objects, Bucket: "results", Now: func() time.Time { return now }}
	old := r
	old.Title = "as it was before"
	shown := func(r result.Result) decision.Shown {
		hash, err := l.Keep(t.Context(), r.ID, encode(r))
		if err != nil {
			t.Fatal(err)
		}
		return decision.Shown{Result: hash}
	}
	for _, d := range []decision.Decision{
		{Series: decision.Page, Subject: r.ID, Action: decision.Escalate, Whole: true, By: "kim@example.com", Shown: shown(old)},
		{Series: decision.Page, Subject: r.ID, Action: decision.Confirm, Policy: "cosmetics.acne", Whole: true, By: "lee@example.com", Shown: shown(r)},
		{Series: decision.Picture, Subject: r.Tiles[0].SHA256, Action: decision.Dismiss, Reason: decision.Lawful, By: "lee@example.com", Marks: []decision.Mark{{Rule: "ads.best", Quote: "최고"}}},
	} {
		known, err := l.Read(t.Context(), d.Series, d.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Decide(t.Context(), d, len(known)); err != nil {
			t.Fatal(err)
		}
	}
	return &Packer{
		Pages:  &pages.Source{Objects: objects, Results: "results", Pages: "pages", Screenshots: "screenshots"},
		Ledger: l, Key: key, Tool: "pageinspect test", Now: func() time.Time { return now },
	}, r
}

func pack(t *testing.T, p *Packer, id string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := p.Pack(t.Context(), &b, id, "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(b []byte, trust Trust) (Verified, error) {
	return Verify(bytes.NewReader(b), int64(len(b)), trust)
}

// TestPack: what was packed holds, is the same each time, and says what it proves.
func TestPack(t *testing.T) {
	p, r := desk(t)
	b := pack(t, p, r.ID)
	if !bytes.Equal(b, pack(t, p, r.ID)) {
		t.Error("packed twice, it is not the same")
	}
	v, err := verify(b, Trust{Key: key.Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	if !v.Signed || !v.Trusted || v.Stamped != nil || v.Tiles != (Tiles{Pictures: 3, Seams: 1, Manifest: true}) || v.Decisions != (Decisions{Page: 2, Pictures: 1, OnThis: 1}) || len(v.Statement.Missing) > 0 {
		t.Errorf("%+v", v)
	}
	var have []string
	for _, f := range v.Statement.Files {
		have = append(have, f.Name)
	}
	for _, want := range []string{"README.txt", "result.json", "page/manifest.json", "page/dom.json", "tiles/000.jpg", "tiles/002.jpg", "report.html", "decisions/page/00002.json", "shown/", "public-key.pem"} {
		if !strings.Contains(strings.Join(have, " "), want) {
			t.Errorf("there is no %s in %q", want, have)
		}
	}
	says := strings.Join(append(v.Proves(), v.ProvesNot()...), "\n")
	for _, want := range []string{"the key that you named", "manifest of the capture", "2 decisions about this page", "is the packer's word", "looked so to everybody"} {
		if !strings.Contains(says, want) {
			t.Errorf("it does not say %q:\n%s", want, says)
		}
	}
	if _, err := p.Pack(t.Context(), &bytes.Buffer{}, "nothing", "kim"); err == nil {
		t.Error("a page that is not there was packed")
	}
}

// TestUnsigned: it holds, says that nobody signed, and is nobody's.
func TestUnsigned(t *testing.T) {
	p, r := desk(t)
	p.Key = nil
	b := pack(t, p, r.ID)
	v, err := verify(b, Trust{})
	if err != nil || v.Signed || !strings.Contains(strings.Join(v.ProvesNot(), " "), "nobody signed") {
		t.Errorf("%v, %q", err, v.ProvesNot())
	}
	if _, err := verify(b, Trust{Key: key.Public().(ed25519.PublicKey)}); err == nil {
		t.Error("an unsigned archive is somebody's")
	}
}

// TestOtherKey: an archive that somebody else signed, or signed again, is not the named one's.
func TestOtherKey(t *testing.T) {
	p, r := desk(t)
	p.Key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	b := pack(t, p, r.ID)
	if _, err := verify(b, Trust{}); err != nil {
		t.Error(err)
	}
	if _, err := verify(b, Trust{Key: key.Public().(ed25519.PublicKey)}); err == nil || !strings.Contains(err.Error(), "and not by") {
		t.Error(err)
	}
}

// TestOfAFolder: what run wrote is packed too, and what it lacks is said.
func TestOfAFolder(t *testing.T) {
	dir := t.TempDir()
	all, err := desktest.Folder(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := &Packer{Pages: &pages.Source{Folder: os.DirFS(dir)}, Now: func() time.Time { return now }}
	v, err := verify(pack(t, p, all[0].ID), Trust{})
	if err != nil || v.Tiles.Manifest || len(v.Statement.Missing) != 1 {
		t.Errorf("%v, %+v", err, v.Statement.Missing)
	}
	// A picture that is another, or gone, is no evidence.
	tile := filepath.Join(dir, all[0].ID, "tiles", "001.jpg")
	for _, spoil := range []func() error{func() error { return os.WriteFile(tile, []byte("another"), 0o600) }, func() error { return os.Remove(tile) }} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Pack(t.Context(), &bytes.Buffer{}, all[0].ID, "kim"); err == nil || !strings.Contains(err.Error(), "picture 2 of 3") {
			t.Errorf("packed without its picture: %v", err)
		}
	}
}

// TestKeys: what is written is read, is its owner's alone, and is never written over.
func TestKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	public, err := NewKey(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	private, err := ParseKey(text)
	if err != nil || !public.Equal(private.Public()) {
		t.Errorf("the key that was read is another: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v, %v", info.Mode(), err)
	}
	if _, err := NewKey(file); err == nil {
		t.Error("a key was written over")
	}
	asPEM, err := publicPEM(public)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{KeyText(public), string(asPEM), " " + KeyText(public) + "\n"} {
		if got, err := ParsePublicKey(s); err != nil || !got.Equal(public) {
			t.Errorf("%q is read as %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "ed25519:", "ed25519:AAAA", "ssh-ed25519 AAAA", string(text)} {
		if _, err := ParsePublicKey(s); err == nil {
			t.Errorf("%q is a public key", s)
		}
	}
	for _, s := range []string{"", "x", string(asPEM)} {
		if _, err := ParseKey([]byte(s)); err == nil {
			t.Errorf("%q is a private key", s)
		}
	}
}
