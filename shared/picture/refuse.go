package picture

import (
	"bytes"
	"errors"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// noPicture says what bytes that are no picture seem to be, and what to put
// instead. Why is what the decoder found wrong with them.
func noPicture(b []byte, why error) error {
	kind, cure := looks(b)
	if unsupported(why) {
		return fault.New(fault.Invalid, "is a picture of a kind that is not read here (%s: %v); %s", kind, why, convert)
	}
	return fault.New(fault.Invalid, "is not an image that can be read (it looks like %s); %s", kind, cure)
}

// The cures: all say which formats are read, and some how to come by them.
const (
	putPicture = "put JPEG, PNG, GIF, BMP, WebP or TIFF"
	convert    = putPicture + ": convert it"
	putAgain   = putPicture + ": its header is damaged, so save it again"
	putPages   = putPicture + ": each of its pages as an image of 150 dots an inch or more, as `pdftoppm -r 150 -png` makes them"
	drawIt     = putPicture + ": have it drawn as a PNG, or ask for its address as a page, which a browser draws"
	putStills  = putPicture + ": its pictures one by one, or as an animated GIF or WebP"
)

// known are formats that are told by how they begin.
var known = []struct{ begins, kind, cure string }{
	{"%PDF-", "application/pdf", putPages},
	{"%!PS", "application/postscript", putPages},
	{"II*\x00", "image/tiff", putAgain},
	{"MM\x00*", "image/tiff", putAgain},
	{"II+\x00", "BigTIFF", convert},
	{"MM\x00+", "BigTIFF", convert},
	{"\xff\x0a", "image/jxl", convert},
	{"\x00\x00\x00\x0cJXL ", "image/jxl", convert},
	{"\x00\x00\x00\x0cjP  ", "image/jp2", convert},
	{"8BPS", "image/vnd.adobe.photoshop", convert},
	{"\x89PNG", "image/png", putAgain},
	{"\xff\xd8\xff", "image/jpeg", putAgain},
	{"GIF8", "image/gif", putAgain},
}

// brands are the kinds of ISO base media files (MPEG-4 part 12) that hold pictures.
var brands = []struct {
	names []string
	kind  string
}{
	{[]string{"avif", "avis"}, "image/avif"},
	{[]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"}, "image/heic"},
}

// unsupported says that a decoder found nothing wrong, but what it does not know:
// a TIFF in CMYK, an arithmetic-coded JPEG.
func unsupported(err error) bool {
	_, inTIFF := errors.AsType[tiff.UnsupportedError](err)
	_, inJPEG := errors.AsType[jpeg.UnsupportedError](err)
	_, inPNG := errors.AsType[png.UnsupportedError](err)
	return inTIFF || inJPEG || inPNG || errors.Is(err, bmp.ErrUnsupported)
}

func looks(b []byte) (kind, cure string) {
	head := b[:min(len(b), 4096)]
	if len(b) == 0 {
		return "nothing: it is empty", putPicture
	}
	for _, k := range known {
		if bytes.HasPrefix(head, []byte(k.begins)) {
			return k.kind, k.cure
		}
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		brand := string(head[8:12])
		for _, b := range brands {
			if slices.Contains(b.names, brand) {
				return b.kind, convert
			}
		}
		return "a film of the kind " + strings.TrimSpace(strings.ToValidUTF8(brand, "?")), putStills
	}
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	if i := bytes.Index(text, []byte("<svg")); i >= 0 && !bytes.Contains(text[:i], []byte("<html")) {
		return "image/svg+xml", drawIt
	}
	kind, _, _ = strings.Cut(http.DetectContentType(b), ";")
	switch {
	case strings.HasPrefix(kind, "video/"):
		return kind, putStills
	case strings.HasPrefix(kind, "image/"):
		return kind, convert
	}
	return kind, putPicture
}
