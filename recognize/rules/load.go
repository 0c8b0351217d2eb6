package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// maxPackBytes bounds a pack file; the largest bundled one has some 10 kB.
const maxPackBytes = 4 << 20

//go:embed packs/*.yaml
var bundled embed.FS

// Bundled returns the packs that come with Pageinspect.
func Bundled() (*Set, error) { return Load(bundled, "packs") }

// Load reads pack files from fsys. A path is a file, or a directory whose
// .yaml and .yml files (not those deeper down) are read.
func Load(fsys fs.FS, paths ...string) (*Set, error) {
	var packs []Pack
	var wrong mistakes
	for _, p := range paths {
		ps, ms := loadPath(fsys, p, p)
		packs, wrong = append(packs, ps...), append(wrong, ms...)
	}
	return newSet(packs, wrong)
}

// WithBundled reads the bundled packs and those of files or folders on this
// machine, which replace packs of the same name.
func WithBundled(paths ...string) (*Set, error) {
	base, err := Bundled()
	if err != nil || len(paths) == 0 {
		return base, err
	}
	own, err := LoadFiles(paths...)
	if err != nil {
		return nil, err
	}
	return Merge(base, own)
}

// LoadFiles reads pack files, or directories of them, from this machine.
func LoadFiles(paths ...string) (*Set, error) {
	var packs []Pack
	var wrong mistakes
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "rules: find %s", p)
		}
		ps, ms := loadPath(os.DirFS(filepath.Dir(abs)), filepath.Base(abs), p)
		packs, wrong = append(packs, ps...), append(wrong, ms...)
	}
	return newSet(packs, wrong)
}

// loadPath reads one path; shown is what people are told it is called.
func loadPath(fsys fs.FS, p, shown string) (packs []Pack, wrong mistakes) {
	unreadable := func(shown string, err error) mistakes {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return mistakes{{file: shown, msg: "cannot be read: " + err.Error() + "; give a pack file or a directory of them"}}
	}
	info, err := fs.Stat(fsys, p)
	if err != nil {
		return nil, unreadable(shown, err)
	}
	names := []string{""}
	if info.IsDir() {
		entries, err := fs.ReadDir(fsys, p)
		if err != nil {
			return nil, unreadable(shown, err)
		}
		names = nil
		for _, e := range entries {
			if ext := strings.ToLower(path.Ext(e.Name())); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
				names = append(names, e.Name())
			}
		}
		if len(names) == 0 {
			return nil, mistakes{{file: shown, msg: "no .yaml file in this directory"}}
		}
	}
	for _, name := range names {
		shown := path.Join(filepath.ToSlash(shown), name)
		data, err := fs.ReadFile(fsys, path.Join(p, name))
		if err != nil {
			wrong = append(wrong, unreadable(shown, err)...)
			continue
		}
		parse := parsePack
		if isList(name) || name == "" && isList(p) && !bytes.HasPrefix(data, []byte("version:")) {
			parse = parseList
		}
		pack, ms := parse(shown, data)
		packs, wrong = append(packs, pack), append(wrong, ms...)
	}
	return packs, wrong
}

// newSet checks what no file alone can show, and reports it with what was wrong already.
func newSet(packs []Pack, wrong mistakes) (*Set, error) {
	names, ids := map[string]string{}, map[string]string{} // where each is
	for _, p := range packs {
		if first, ok := names[p.Name]; ok && p.Name != "" {
			wrong = append(wrong, mistake{p.File, 0, `pack "` + p.Name + `" is in ` + first + " already; rename one"})
		}
		names[p.Name] = p.File
		for _, r := range p.Rules {
			if first, ok := ids[r.ID]; ok && r.ID != "" {
				wrong = append(wrong, mistake{p.File, r.line, `duplicate rule id "` + r.ID + `", which is at ` + first + "; rename one"})
				continue
			}
			ids[r.ID] = r.Where
		}
	}
	s, err := compile(packs)
	if err != nil {
		wrong = append(wrong, mistake{file: "words", msg: err.Error()})
		return nil, wrong.fault()
	}
	wrong = append(wrong, s.untried()...)
	if len(wrong) > 0 {
		return nil, wrong.fault()
	}
	return s, nil
}

// fault puts the mistakes in the order of the files and makes one error of them.
func (ms mistakes) fault() error {
	slices.SortStableFunc(ms, func(x, y mistake) int {
		return cmp.Or(strings.Compare(x.file, y.file), x.line-y.line)
	})
	return fault.Wrap(fault.Invalid, ms, "rules")
}

// Verify runs every rule's own tests, as loading does. Its error is
// fault.Invalid and has all that fail.
func (s *Set) Verify() error {
	var wrong mistakes
	for _, p := range s.packs {
		for i := range p.Rules {
			wrong = append(wrong, p.Rules[i].verify(p.File)...)
		}
	}
	if len(wrong) > 0 {
		return wrong.fault()
	}
	return nil
}

// untried runs the tests of the rules that no set ran before.
func (s *Set) untried() (wrong mistakes) {
	for _, p := range s.packs {
		for i := range p.Rules {
			if r := &p.Rules[i]; r.sound && !r.tried {
				r.tried = true
				wrong = append(wrong, r.verify(p.File)...)
			}
		}
	}
	return wrong
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}
