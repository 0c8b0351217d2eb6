package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version says what this program was built from, as Go stamped it: the release or
// commit, whether the sources were changed since, the compiler and the system.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	stamped := map[string]string{}
	for _, s := range info.Settings {
		stamped[s.Key] = s.Value
	}
	release := info.Main.Version
	if release == "" || release == "(devel)" {
		release = "of no release"
	}
	commit := "commit not known"
	if c := stamped["vcs.revision"]; c != "" {
		commit = "commit " + c[:min(12, len(c))]
		if stamped["vcs.modified"] == "true" {
			commit += " with changes"
		}
		commit += " of " + stamped["vcs.time"]
	}
	return fmt.Sprintf("%s (%s), %s %s/%s", release, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
