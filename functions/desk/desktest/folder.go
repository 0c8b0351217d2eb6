package desktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"sync"

	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Folder writes n results into a directory as "pageinspect run" does: each with a
// report and its tiles, JPEGs on which the lines stand where the result says. It
// returns the results. Where the machine has no Korean font, boxes stand for letters.
func Folder(dir string, n int) ([]result.Result, error) {
	all := Results(n)
	for i := range all {
		if err := Write(dir, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Write writes one result into its folder below dir, and sets what it says of its
// tiles' bytes.
func Write(dir string, r *result.Result) error {
	folder := filepath.Join(dir, r.ID)
	if err := os.MkdirAll(filepath.Join(folder, "tiles"), 0o755); err != nil {
		return err
	}
	names := map[string]string{}
	for i := range r.Tiles {
		b, err := Picture(*r, i)
		if err != nil {
			return err
		}
		t := &r.Tiles[i]
		sum := sha256.Sum256(b)
		t.SHA256, t.Bytes, t.CRC32C = hex.EncodeToString(sum[:]), len(b), store.CRC32CBase64(b)
		names[t.Object] = fmt.Sprintf("tiles/%03d.jpg", i)
		if err := os.WriteFile(filepath.Join(folder, "tiles", fmt.Sprintf("%03d.jpg", i)), b, 0o644); err != nil {
			return err
		}
	}
	var html bytes.Buffer
	if err := report.Render(&html, *r, func(object string) string { return names[object] }); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "report.html"), html.Bytes(), 0o644); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "result.json"), b, 0o644)
}

// letters is a Korean font, or one without Korean.
var letters = sync.OnceValue(func() font.Face {
	b, err := os.ReadFile("/usr/share/fonts/truetype/nanum/NanumGothic.ttf")
	if err != nil {
		b = goregular.TTF
	}
	f, err := opentype.Parse(b)
	if err != nil {
		panic(err) // it is a font
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: glyph, DPI: 72})
	if err != nil {
		panic(err) // the options are constants
	}
	return face
})

// Picture draws a tile as a JPEG. It is for one goroutine at a time.
func Picture(r result.Result, tile int) ([]byte, error) {
	t := r.Tiles[tile]
	img := image.NewRGBA(image.Rect(0, 0, t.Width, t.Height))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{252, 250, 246, 255}), image.Point{}, draw.Src)
	band := page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)}
	for _, l := range r.Lines {
		for _, w := range l.Words {
			if w.Box.Overlaps(band) {
				dot := fixed.P(int(w.Box.X)-t.X, int(w.Box.Y)-t.Y+28)
				(&font.Drawer{Dst: img, Src: image.Black, Face: letters(), Dot: dot}).DrawString(w.Text)
			}
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85})
	return b.Bytes(), err
}
