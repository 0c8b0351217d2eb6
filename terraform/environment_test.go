package terraform_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/pageinspect/pageinspect/functions/desk/notice"
	"github.com/pageinspect/pageinspect/recognize/annotate"
)

// Set by the platform or the image, or for one machine only: no concern of Terraform's.
var notForTerraform = []string{
	"PORT",                               // Cloud Run
	"CHROME_PATH",                        // functions/capture/Dockerfile
	"LEASE_TTL", "CAPTURE_PAGE_BYTES_MB", // their defaults suit Cloud Run
	"LOCAL_ONLY", "STORAGE_EMULATOR_HOST", "VISION_EMULATOR_HOST", "CAPTURE_ALLOW_NAMED", // one machine
	"DESK_INDEX_DIR", // the index is in memory, unless somebody mounts a disk
}

// Read by functions-framework-go or Go itself, not by our code.
var readByLibraries = []string{"FUNCTION_TARGET", "CLOUD_RUN_TIMEOUT_SECONDS", "GOMEMLIMIT"}

// Every variable that Terraform sets is one that the function's code reads, and
// the other way round.
func TestEnvironment(t *testing.T) {
	c := load(t)
	common := slices.Concat(keys(c, "capture.tf", "locals"), keys(c, "kafka.tf", "locals"), keys(c, "modules/function/main.tf", "resource"))
	for _, function := range []string{"capture", "recognize", "desk"} {
		t.Run(function, func(t *testing.T) {
			set := slices.Concat(common, keys(c, function+".tf", "module"))
			switch function {
			case "capture":
				set = append(set, keys(c, "secrets.tf", "locals")...)
			case "desk": // which does no job, and so has no need of capture.tf's
				set = slices.Concat(keys(c, "kafka.tf", "locals"), keys(c, "modules/function/main.tf", "resource"), keys(c, "desk.tf", "module"), keys(c, "desk.tf", "locals"))
			}
			read := variablesRead(t, "../functions/"+function+"/cmd")
			if len(read) < 10 {
				t.Fatalf("only %d variables were found in the code: %v", len(read), read)
			}
			for _, name := range set {
				if !slices.Contains(read, name) && !slices.Contains(readByLibraries, name) {
					t.Errorf("Terraform sets %s, which the code does not read", name)
				}
			}
			for _, name := range read {
				if !slices.Contains(set, name) && !slices.Contains(notForTerraform, name) {
					t.Errorf("the code reads %s, which Terraform does not set", name)
				}
			}
		})
	}
}

var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]{3,}$`)

// keys are those of all objects in a file's top-level blocks of one type that
// are named like variables of an environment.
func keys(c config, file, kind string) []string {
	var out []string
	for _, b := range c.blocks {
		if b.file != file || b.Type != kind {
			continue
		}
		hclsyntax.VisitAll(b.Body, func(n hclsyntax.Node) hcl.Diagnostics { //nolint:errcheck // returns nothing
			if key, ok := n.(*hclsyntax.ObjectConsKeyExpr); ok {
				if name := hcl.ExprAsKeyword(key.Wrapped); variable.MatchString(name) {
					out = append(out, name)
				}
			}
			return nil
		})
	}
	return out
}

// variablesRead are those of `env` tags and os.Getenv in a package of ours and
// in all that it imports of ours.
func variablesRead(t *testing.T, dir string) []string {
	t.Helper()
	read, seen := map[string]bool{}, map[string]bool{}
	var visit func(string)
	visit = func(dir string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no Go in %s: %v", dir, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field:
					if n.Tag != nil {
						tag, _ := strconv.Unquote(n.Tag.Value)
						if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ","); name != "" {
							read[name] = true
						}
					}
				case *ast.CallExpr:
					if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Getenv" || f.Sel.Name == "LookupEnv") && len(n.Args) == 1 {
						if lit, ok := n.Args[0].(*ast.BasicLit); ok {
							name, _ := strconv.Unquote(lit.Value)
							read[name] = true
						}
					}
				}
				return true
			})
			for _, i := range f.Imports {
				path, _ := strconv.Unquote(i.Path.Value)
				if ours, ok := strings.CutPrefix(path, "github.com/pageinspect/pageinspect/"); ok {
					visit(filepath.Join("..", ours))
				}
			}
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	visit(dir)
	return slices.Sorted(maps.Keys(read))
}

// An instance's share of Vision's quota is at least what the code asks for.
func TestShareOfQuota(t *testing.T) {
	b, err := os.ReadFile("variables.tf")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("max(var.recognize.max_instances, 1)) >= %d\n", annotate.LeastPerMinute); !strings.Contains(string(b), want) {
		t.Errorf("variables.tf does not hold the share to %d", annotate.LeastPerMinute)
	}
}

// A notice gives at most the days that the desk may give.
func TestDaysOfANotice(t *testing.T) {
	text := string(load(t).files["variables.tf"].Bytes)
	for _, want := range []string{
		fmt.Sprintf("var.desk.notice_days >= 1 && var.desk.notice_days <= %d &&", notice.MaxDays),
		fmt.Sprintf(`"desk.notice_days: want whole days, 1 to %d."`, notice.MaxDays),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("variables.tf does not say %s", want)
		}
	}
}

// The metric of failures counts log lines that the code does write.
func TestFailuresAreLogged(t *testing.T) {
	c := load(t)
	code, err := os.ReadFile("../functions/delivery/one.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range c.of("resource", "google_logging_metric") {
		_, rest, ok := strings.Cut(c.text(b, "filter"), `jsonPayload.message=\"`)
		message, _, _ := strings.Cut(rest, `\"`)
		if !ok || !strings.Contains(string(code), `"`+message+`"`) {
			t.Errorf("%s counts %q, which functions/delivery does not log", b.name(), message)
		}
	}
}
