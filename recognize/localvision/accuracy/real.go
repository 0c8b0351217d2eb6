package accuracy

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Real pages are pages of Debian packages with Korean documentation. They are fetched when they are measured, and
// their visible text, as the browser set it, is what should be read.

// realPackages are the Debian packages that the pages are in. The last has the style sheets of the second.
var realPackages = []string{"debian-faq-ko", "libreoffice-help-ko", "libreoffice-help-common"}

const (
	faqFolder  = "usr/share/doc/debian/FAQ/ko/"
	helpFolder = "usr/share/libreoffice/help/ko/text/"
)

// MeasuredPages are the pages that are measured. The reader's rules were tried on them since 27 November 2026, not before. Those of LibreOffice are every n-th of its 466 pages
// with 300 syllables and more that are Korean for the most part, in the order of their names.
func MeasuredPages() []string {
	return realPages(
		[]string{"choosing", "compatibility", "customizing", "software", "support", "uptodate"},
		[]string{
			"sbasic/shared/01050000", "scalc/01/04060103", "scalc/guide/borders", "scalc/guide/formula_enter", "scalc/guide/text_numbers",
			"schart/01/05010000", "schart/main0202", "shared/00/00000003", "shared/01/06040600", "shared/02/01170903",
			"shared/autopi/01110000", "shared/guide/data_addressbook", "shared/guide/formfields", "shared/guide/print_faster",
			"shared/optionen/01150300", "simpress/01/13050000", "simpress/guide/animated_slidechange", "simpress/main0113",
			"smath/01/03091600", "swriter/01/04090003", "swriter/01/04230000", "swriter/guide/auto_spellcheck",
			"swriter/guide/hyphen_prevent", "swriter/guide/textdoc_inframe",
		})
}

// TuningPages are the pages that the reader was tuned on.
func TuningPages() []string {
	return realPages(
		[]string{"basic-defs", "index", "pkgtools"},
		[]string{
			"sbasic/shared/01020500", "scalc/guide/cellreference_dragdrop", "scalc/main0503", "shared/00/00000005", "shared/02/colortoolbar",
			"shared/guide/dragdrop_table", "simpress/00/00000403", "simpress/guide/presenter_console", "swriter/guide/change_header",
		})
}

func realPages(faq, help []string) (paths []string) {
	for _, name := range faq {
		paths = append(paths, faqFolder+name+".ko.html")
	}
	for _, name := range help {
		paths = append(paths, helpFolder+name+".html")
	}
	return paths
}

// FetchPages has apt download the packages and unpacks them into a folder, unless that has them. The error says why they cannot be had.
func FetchPages(ctx context.Context, folder string) error {
	if _, err := os.Stat(filepath.Join(folder, "complete")); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	download := exec.CommandContext(ctx, "apt-get", append([]string{"download"}, realPackages...)...)
	download.Dir = folder
	if out, err := download.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download %s: %w: %s", strings.Join(realPackages, " "), err, bytes.TrimSpace(out))
	}
	packages, err := filepath.Glob(filepath.Join(folder, "*.deb"))
	if err != nil {
		return err
	}
	for _, name := range packages {
		if err := unpack(ctx, name, folder); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(name), err)
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "complete"), nil, 0o644)
}

// unpack writes the regular files of a package under a folder.
func unpack(ctx context.Context, name, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	files, err := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", name).Output()
	if err != nil {
		return err
	}
	for r := tar.NewReader(bytes.NewReader(files)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		path := filepath.Clean(h.Name)
		if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := root.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
}

// PageURL is the address of a fetched page.
func PageURL(folder, path string) (string, error) {
	full, err := filepath.Abs(filepath.Join(folder, path))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(full); err != nil {
		return "", fmt.Errorf("the fetched packages have no such page, other versions may have other pages: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: full}).String(), nil
}
