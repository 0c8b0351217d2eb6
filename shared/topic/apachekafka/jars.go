package apachekafka

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pom pins what is run; Maven knows where it is and keeps it in its own repository.
//
//go:embed pom.xml
var pom []byte

// jars are the files of one of the pom's profiles, brought by Maven, a process
// of its own: nothing of the download is left in the test's.
func jars(t testing.TB, profile string) []string {
	t.Helper()
	maven, err := exec.LookPath("mvn")
	if err != nil {
		t.Fatal("mvn is not on the PATH; install Maven 3: apt-get install maven")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pom.xml"), string(pom))
	list := filepath.Join(dir, "classpath")
	t.Logf("Maven brings what its repository lacks of %s", profile)
	cmd := exec.CommandContext(t.Context(), maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", filepath.Join(dir, "pom.xml"),
		"--activate-profiles", profile, "dependency:build-classpath", "-Dmdep.outputFile="+list, "-Dmdep.pathSeparator=:")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("Maven could not bring the jars of %s: %v; a mirror is set in Maven's own settings.xml\n%s", profile, err, out)
	}
	b, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), ":")
}
