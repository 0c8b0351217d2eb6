package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestEverySystemHasThePrograms type-checks the three programs for each system of
// the Makefile's release-systems, which compiles them. Of packages that are not
// ours the declarations are enough, and take a tenth of the time.
func TestEverySystemHasThePrograms(t *testing.T) {
	wholeProgram(t) // it takes too long for make quick
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"linux/arm64", "darwin/amd64", "darwin/arm64"} { // these tests are compiled for linux/amd64
		goos, goarch, _ := strings.Cut(system, "/")
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
				packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesSizes,
			Dir: root, Context: t.Context(), Env: append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
			ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
				f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
				if f != nil && !strings.HasPrefix(name, root+"/") {
					for _, d := range f.Decls {
						if fn, ok := d.(*ast.FuncDecl); ok {
							fn.Body = nil
						}
					}
				}
				return f, err
			},
		}, "./functions/pageinspect", "./functions/capture/cmd", "./functions/recognize/cmd")
		if err != nil {
			t.Fatal(err)
		}
		ours := 0
		packages.Visit(loaded, nil, func(p *packages.Package) {
			own := strings.HasPrefix(p.PkgPath, "github.com/pageinspect/pageinspect/")
			if own {
				ours++
			}
			for _, e := range p.Errors {
				if own || e.Kind == packages.ListError {
					t.Errorf("%s: %v", system, e)
				}
			}
		})
		if len(loaded) != 3 || ours < 40 {
			t.Errorf("%s: %d programs, %d packages of ours", system, len(loaded), ours)
		}
	}
}
