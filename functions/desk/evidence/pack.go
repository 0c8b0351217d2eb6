package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

//go:embed README.txt
var readme []byte

// Packer packs evidence. It is safe for concurrent use.
type Packer struct {
	Pages  *pages.Source
	Ledger *ledger.Ledger     // nil: nobody decided
	Key    ed25519.PrivateKey // nil: nobody signs
	// Stamp asks for a timestamp of the statement, as Authority.Stamp does; nil: none.
	Stamp func(ctx context.Context, statement []byte) ([]byte, error)
	Tool  string // pageinspect and its version
	Now   func() time.Time
}

// Pack writes the evidence of a page to w, as who says who packs it. Its errors
// are store.ErrNotExist where there is no such page, fault.Invalid where a picture
// is gone or is another, and those of the stores. What was written until then is
// no archive.
func (p *Packer) Pack(ctx context.Context, w io.Writer, id, who string) (Statement, error) {
	b, _, err := p.Pages.Read(ctx, id)
	if err != nil {
		return Statement{}, fmt.Errorf("read %s: %w", id, err)
	}
	r, err := result.Decode(b)
	if err != nil || r.ID != id || r.Schema != result.Schema {
		return Statement{}, fault.New(fault.Invalid, "%s is no result of %s: %v", id, result.Schema, err)
	}
	s := Statement{
		Schema: Schema, ID: r.ID, URL: r.URL, FinalURL: r.FinalURL, Title: r.Title, Verdict: r.Verdict, CapturedAt: r.CapturedAt, RecognizedAt: r.RecognizedAt,
		ReinspectedAt: r.ReinspectedAt, PackedAt: p.Now().UTC().Truncate(time.Second), PackedBy: who, Tool: p.Tool,
	}
	out := &writer{zip: zip.NewWriter(w)}
	if err := out.add(readmeName, readme); err != nil {
		return s, err
	}
	if err := out.add(resultName, b); err != nil {
		return s, err
	}
	for _, part := range []func(context.Context, *writer, result.Result, *Statement) error{p.page, p.tiles, p.report, p.decisions} {
		if err := part(ctx, out, r, &s); err != nil {
			return s, err
		}
	}
	return s, p.finish(ctx, out, &s)
}

// page adds what Capture wrote.
func (p *Packer) page(ctx context.Context, out *writer, r result.Result, s *Statement) error {
	b, m, err := p.Pages.Manifest(ctx, r.ID)
	if errors.Is(err, store.ErrNotExist) {
		s.Missing = append(s.Missing, "There is no manifest of Capture's: what the pictures are of is the result's word alone.")
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the manifest of %s: %w", r.ID, err)
	}
	if !m.CapturedAt.Equal(r.CapturedAt) {
		s.Missing = append(s.Missing, "The manifest that there is now is of another capture, and was left out.")
		return nil
	}
	if err := out.add(manifestName, b); err != nil || m.DOM == "" {
		return err
	}
	uri, err := store.ParseURI(m.DOM)
	if err != nil || p.Pages.Objects == nil || uri.Bucket != p.Pages.Screenshots {
		s.Missing = append(s.Missing, "The page's own text is not where it can be read from.")
		return nil
	}
	dom, _, err := p.Pages.Objects.Read(ctx, uri, page.MaxDOMBytes)
	if errors.Is(err, store.ErrNotExist) {
		s.Missing = append(s.Missing, "The page's own text is no longer kept.")
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the page's own text: %w", err)
	}
	return out.add(domName, dom)
}

// tiles adds the pictures, each as the result has its sum.
func (p *Packer) tiles(ctx context.Context, out *writer, r result.Result, _ *Statement) error {
	for i := range r.Tiles {
		b, _, err := p.Pages.Tile(ctx, r, i)
		if err != nil {
			return fmt.Errorf("picture %d of %d, without which this is no evidence: %w", i+1, len(r.Tiles), err)
		}
		if err := out.add(tileName(r, i), b); err != nil {
			return err
		}
	}
	return nil
}

// tileName is where the archive has a tile.
func tileName(r result.Result, tile int) string {
	ext := map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}[r.Tiles[tile].MediaType]
	if ext == "" {
		ext = "bin"
	}
	return fmt.Sprintf("tiles/%03d.%s", tile, ext)
}

// report adds the reviewer's page, which shows the tiles beside it.
func (p *Packer) report(_ context.Context, out *writer, r result.Result, _ *Statement) error {
	at := map[string]string{}
	for i, t := range r.Tiles {
		at[t.Object] = tileName(r, i)
	}
	var b bytes.Buffer
	if err := report.Render(&b, r, func(uri string) string { return at[uri] }); err != nil {
		return err
	}
	return out.add(reportName, b.Bytes())
}

// decisions adds what people decided about the page and its pictures, and the
// results that they saw.
func (p *Packer) decisions(ctx context.Context, out *writer, r result.Result, s *Statement) error {
	if p.Ledger == nil {
		return nil
	}
	all, err := p.Ledger.Read(ctx, decision.Page, r.ID)
	if err != nil {
		return fmt.Errorf("read the decisions on %s: %w", r.ID, err)
	}
	if err := addDecisions(out, "decisions/page/", all); err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, t := range r.Tiles {
		if asked[t.SHA256] || t.Seam {
			continue
		}
		asked[t.SHA256] = true
		on, err := p.Ledger.Read(ctx, decision.Picture, t.SHA256)
		if err != nil {
			return fmt.Errorf("read the decisions on the picture %s: %w", t.SHA256, err)
		}
		if err := addDecisions(out, "decisions/picture/"+t.SHA256+"/", on); err != nil {
			return err
		}
	}
	return p.shown(ctx, out, r.ID, all, s)
}

func addDecisions(out *writer, folder string, all []decision.Decision) error {
	for _, d := range all {
		b, err := json.Marshal(d)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "encode a decision")
		}
		if err := out.add(fmt.Sprintf("%s%05d.json", folder, d.N), b); err != nil {
			return err
		}
	}
	return nil
}

// shown adds the results that reviewers saw, where they are not the one that there is.
func (p *Packer) shown(ctx context.Context, out *writer, id string, all []decision.Decision, s *Statement) error {
	had := map[string]bool{"": true}
	for _, f := range out.files {
		if f.Name == resultName {
			had[f.SHA256] = true
		}
	}
	for _, d := range all {
		if had[d.Shown.Result] {
			continue
		}
		had[d.Shown.Result] = true
		b, err := p.Ledger.Kept(ctx, id, d.Shown.Result)
		if errors.Is(err, store.ErrNotExist) {
			s.Missing = append(s.Missing, "The result "+d.Shown.Result+", which was shown for decision "+fmt.Sprint(d.N)+", was not kept.")
			continue
		}
		if err != nil {
			return fmt.Errorf("read what was shown for decision %d: %w", d.N, err)
		}
		if err := out.add("shown/"+d.Shown.Result+".json", b); err != nil {
			return err
		}
	}
	return nil
}

// finish adds the statement, its signature and its timestamp.
func (p *Packer) finish(ctx context.Context, out *writer, s *Statement) error {
	if p.Key != nil {
		public := p.Key.Public().(ed25519.PublicKey)
		text, err := publicPEM(public)
		if err != nil {
			return err
		}
		if err := out.add(keyName, text); err != nil {
			return err
		}
		s.Key = KeyText(public)
	}
	s.Files = out.files
	statement, err := s.encode()
	if err != nil {
		return err
	}
	if err := out.add(statementName, statement); err != nil {
		return err
	}
	if p.Key != nil {
		if err := out.add(signatureName, ed25519.Sign(p.Key, statement)); err != nil {
			return err
		}
	}
	if p.Stamp != nil {
		token, err := p.Stamp(ctx, statement)
		if err != nil {
			return err
		}
		if err := out.add(timestampName, token); err != nil {
			return err
		}
	}
	return fault.Wrap(fault.Internal, out.zip.Close(), "write the archive")
}
