package browser

import (
	"slices"
	"strings"
)

// environment is what of the process's environment a browser gets: what it
// finds its files, fonts, language and screen by. Passwords and tokens are in
// the environment, too, and a page that breaks out of its renderer could read them.
func environment(all []string) []string {
	var out []string
	for _, v := range all {
		name, _, _ := strings.Cut(v, "=")
		if slices.Contains([]string{"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "CHROME_DEVEL_SANDBOX"}, name) ||
			slices.ContainsFunc([]string{"LC_", "XDG_", "FONTCONFIG_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			out = append(out, v)
		}
	}
	return out
}
