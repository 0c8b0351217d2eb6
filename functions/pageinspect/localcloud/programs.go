package localcloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// module is ours: a program of another one is never run, whatever it is called.
const module = "github.com/pageinspect/pageinspect"

// functionPrograms are looked for and built, each from functions/NAME/cmd.
var functionPrograms = []string{"capture", "recognize"}

// FindPrograms returns the folder that holds the programs of the two functions.
// They are those beside this program, if they are ours and of its version: so
// `make build` and a release leave them. Otherwise, where this program was built
// from sources that are still there and Go is on the PATH, they are built from
// the same sources into the user's cache, and say is told. The current directory
// plays no part. The error names the cure.
func FindPrograms(ctx context.Context, say io.Writer) (string, error) {
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "find this program")
	}
	own, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fault.New(fault.Internal, "%s does not say what it was built from; build it with Go's modules", self)
	}
	_, file, _, _ := runtime.Caller(0)
	root := file
	for range strings.Count("functions/pageinspect/localcloud/programs.go", "/") + 1 {
		root = filepath.Dir(root)
	}
	return finder{self: self, own: own, sources: root, say: say}.find(ctx)
}

// finder has what is known of this program.
type finder struct {
	self    string           // its file
	own     *debug.BuildInfo // what it was built from
	sources string           // where that was; with -trimpath no folder at all
	say     io.Writer
}

func (f finder) find(ctx context.Context) (string, error) {
	dir := filepath.Dir(f.self)
	why := f.beside(dir)
	if why == nil {
		return dir, nil
	}
	sources := trusted(f.sources)
	compiler, noGo := exec.LookPath("go")
	switch {
	case sources && noGo == nil:
		return f.build(ctx, compiler, why)
	case errors.Is(why, errOlder):
		fmt.Fprintf(f.say, "%v; if they do not fit together, type: make build\n", why)
		return dir, nil
	case sources:
		return "", fault.New(fault.Internal, "%v, and without Go it cannot be built from %s; put go on the PATH, see https://go.dev/doc/install, and type it again", why, f.sources)
	}
	return "", fault.New(fault.Internal, "%v; keep the programs of a release archive together (a link to pageinspect may lie elsewhere), or with Go type: go install %s/functions/pageinspect@%s",
		why, module, f.version())
}

// build has Go build the programs from what this program was built from. Go looks
// what has changed, and puts each in its place at once, whoever builds it meanwhile.
func (f finder) build(ctx context.Context, compiler string, why error) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fault.New(fault.Internal, "%v, and there is no place to build it: %v; set HOME", why, err)
	}
	dir := filepath.Join(cache, "pageinspect", fmt.Sprintf("%x", sha256.Sum256([]byte(f.sources)))[:12])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.New(fault.Internal, "%v, and there is no place to build it: %v; set XDG_CACHE_HOME to a folder of yours", why, err)
	}
	fmt.Fprintf(f.say, "%v; building %s from %s into %s: some minutes the first time\n", why, strings.Join(functionPrograms, " and "), f.sources, dir)
	for _, name := range functionPrograms {
		cmd := exec.CommandContext(ctx, compiler, "build", "-buildvcs=false", "-o", filepath.Join(dir, name), "./functions/"+name+"/cmd")
		cmd.Dir = f.sources
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		// On another file system than the program's the last step would be a copy, which another run may find half done.
		cmd.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "GOWORK=off", "GOTMPDIR="+dir)
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return "", fault.New(fault.Internal, "%s cannot be built from %s: %v\n%s", name, f.sources, err, bytes.TrimSpace(out))
		}
	}
	return dir, nil
}

// beside says why the programs in dir are not to be used; nil if they are.
func (f finder) beside(dir string) error {
	for _, name := range functionPrograms {
		path := filepath.Join(dir, name)
		info, err := buildinfo.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("the program %q is not beside pageinspect in %s", name, dir)
		case err != nil || info.Path != module+"/functions/"+name+"/cmd":
			return fmt.Errorf("%s is another program than Pageinspect's", path)
		case info.Main.Version != f.own.Main.Version || stamp(info, "vcs.revision") != stamp(f.own, "vcs.revision"):
			return fmt.Errorf("%s is of version %s, and pageinspect of %s", path, describe(info), describe(f.own))
		case !exact(f.own) && f.older(path):
			return fmt.Errorf("%s %w", path, errOlder)
		}
	}
	return nil
}

var errOlder = errors.New("is older than pageinspect")

// together is how far apart programs may be written that were copied at once.
const together = 10 * time.Second

// older says whether a file was built before this program. Go touches what it is
// asked to build even if nothing changed, so those of one make build are not.
func (f finder) older(path string) bool {
	it, err := os.Stat(path)
	self, err2 := os.Stat(f.self)
	return err == nil && err2 == nil && self.ModTime().Sub(it.ModTime()) > together
}

// exact says whether a version stands for one state of the sources.
func exact(info *debug.BuildInfo) bool {
	v := info.Main.Version
	return v != "" && v != "(devel)" && !strings.HasSuffix(v, "+dirty")
}

func describe(info *debug.BuildInfo) string {
	v := info.Main.Version
	if r := stamp(info, "vcs.revision"); r != "" {
		v += " (" + r[:min(12, len(r))] + ")"
	}
	return v
}

func stamp(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// version is what go install is to be given.
func (f finder) version() string {
	if exact(f.own) {
		return f.own.Main.Version
	}
	return "latest"
}

// trusted says whether a folder has our sources and belongs to this user or to
// root: where this program was built, somebody else may have put something since.
func trusted(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "go.mod"))
	if !filepath.IsAbs(dir) || err != nil {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return ok && err == nil && (owner.Uid == 0 || int(owner.Uid) == os.Getuid()) && bytes.HasPrefix(mod, []byte("module "+module+"\n"))
}
