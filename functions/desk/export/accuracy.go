package export

import (
	"archive/zip"
	"cmp"
	"context"
	"fmt"
	"image"
	"io"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// accuracy writes what was decided as sets to measure by, in a ZIP:
//
//	corpus.tsv         labelled texts, as recognize/rules/accuracy reads them
//	misread.tsv        what the engine read that the picture does not say
//	misread/000.jpg …  the crops of those, in which nothing is drawn
type accuracy struct {
	zip     *zip.Writer
	corpus  strings.Builder
	misread strings.Builder
	seen    map[string]bool
	n       int
}

func newAccuracy(w io.Writer) *accuracy {
	a := &accuracy{zip: zip.NewWriter(w), seen: map[string]bool{}}
	a.corpus.WriteString("label\tcategory\ttext\tfamily\tspelling\tnote\n")
	a.misread.WriteString("crop\tread\tquote\trule\tpage\tpicture\tx\ty\tw\th\tnote\n")
	return a
}

// tsv is text as a field of the corpus has it.
func tsv(s string) string {
	return strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\t", " ").Replace(s)
}

func (a *accuracy) page(ctx context.Context, p Page) error {
	decoded := map[int]image.Image{}
	for i, f := range p.Result.Findings {
		d := p.decided(i)
		if d == nil || f.Quote == "" {
			continue
		}
		label := ""
		switch {
		case d.Action == decision.Confirm:
			label = "violating"
		case d.Action == decision.Dismiss && d.Reason == decision.Misread:
			if err := a.addMisread(ctx, p, i, d, decoded); err != nil {
				return err
			}
		case d.Action == decision.Dismiss && (d.Reason == decision.RuleWrong || d.Reason == decision.Lawful):
			label = "innocent"
		}
		if label == "" {
			continue
		}
		family, _, _ := strings.Cut(f.Rule, ".")
		spelling := "plain"
		if f.Evasion != "" {
			spelling = "disguised"
		}
		line := strings.Join([]string{label, tsv(cmp.Or(p.Result.Category, p.Result.Scope.Category)), tsv(textOf(p.Result, f)), family, spelling}, "\t")
		if !a.seen[line] {
			a.seen[line] = true
			a.corpus.WriteString(line + "\t" + tsv(note(p, d)) + "\n")
		}
	}
	return nil
}

// addMisread adds what was read of a picture that does not say it.
func (a *accuracy) addMisread(ctx context.Context, p Page, i int, d *decision.Decision, decoded map[int]image.Image) error {
	r, f := p.Result, p.Result.Findings[i]
	name, picture := "", ""
	if t := crop.Tile(r, f.Box); t >= 0 {
		img := decoded[t]
		if img == nil {
			data, _, err := p.Tile(ctx, t)
			if err != nil {
				return fmt.Errorf("picture %d of %s: %w", t+1, r.ID, err)
			}
			if img, err = crop.Decode(data); err != nil {
				return err
			}
			clear(decoded) // one at a time
			decoded[t] = img
		}
		b, err := crop.JPEG(crop.Plain(img, r.Tiles[t], f.Box), 95)
		if err != nil {
			return err
		}
		name, picture = fmt.Sprintf("misread/%03d.jpg", a.n), r.Tiles[t].SHA256
		a.n++
		to, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = to.Write(b)
		}
		if err != nil {
			return fault.Wrap(fault.Internal, err, "write %s", name)
		}
	}
	fmt.Fprintf(&a.misread, "%s\t%s\t%s\t%s\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\n", name, tsv(textOf(r, f)), tsv(f.Quote), f.Rule, r.ID, picture, f.Box.X, f.Box.Y, f.Box.W, f.Box.H, tsv(note(p, d)))
	return nil
}

func (a *accuracy) drop() {}

func (a *accuracy) close() error {
	for _, file := range []struct{ name, text string }{{"corpus.tsv", a.corpus.String()}, {"misread.tsv", a.misread.String()}} {
		to, err := a.zip.Create(file.name)
		if err == nil {
			_, err = io.WriteString(to, file.text)
		}
		if err != nil {
			return fault.Wrap(fault.Internal, err, "write %s", file.name)
		}
	}
	return fault.Wrap(fault.Internal, a.zip.Close(), "write the archive")
}
