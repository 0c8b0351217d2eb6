package capture

import (
	"embed"
	"strings"
)

//go:embed script/*.js
var scripts embed.FS

// pageScript is what is evaluated in a document before our functions are
// called there. In a document that has them it changes nothing: what they
// remember of it stays. Its value is what describe says of the page.
var pageScript = func() string {
	var b strings.Builder
	b.WriteString("(() => {\nif (!Object.hasOwn(globalThis, 'pageinspect')) {\n") // an element may be called so
	for _, name := range []string{"names", "later", "page", "matters", "content", "profile", "motion", "restore", "nets", "drawings", "inturn", "over", "curtain", "unfold", "panels", "reveal", "walk", "rest", "texts", "rows", "films", "moments"} {
		b.WriteString(scriptText(name))
	}
	b.WriteString("}\nreturn pageinspect.describe();\n})()")
	return b.String()
}()

func scriptText(name string) string {
	text, err := scripts.ReadFile("script/" + name + ".js")
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}
