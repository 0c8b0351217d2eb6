package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed text/*.json
var textFiles embed.FS

// languages are those the desk speaks, the fallback first.
var languages = []string{"en", "ko"}

// texts has, by language and key, what the desk says. {name} stands for a value. Where a
// bar divides two forms, the first is for one and the second for any other number.
var texts = loadTexts()

func loadTexts() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range languages {
		b, err := textFiles.ReadFile("text/" + lang + ".json")
		if err != nil {
			panic(err)
		}
		var words map[string]string
		if err := json.Unmarshal(b, &words); err != nil {
			panic(fmt.Sprintf("text/%s.json: %v", lang, err))
		}
		all[lang] = words
	}
	return all
}

// text is what a key says in a language, with each name of the pairs replaced by its
// value: text("ko", "list.count", "n", 3). A key that is not there stands for itself.
func text(lang, key string, pairs ...any) string {
	s, ok := texts[lang][key]
	if !ok {
		return key
	}
	one, other, two := strings.Cut(s, "|")
	for i := 0; i+1 < len(pairs); i += 2 {
		if n, ok := pairs[i+1].(int); ok && two && pairs[i] == "n" {
			if s = other; n == 1 {
				s = one
			}
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+fmt.Sprint(pairs[i])+"}", spell(pairs[i+1]))
	}
	return s
}

func spell(v any) string {
	if n, ok := v.(int); ok {
		return thousands(n)
	}
	return fmt.Sprint(v)
}

// thousands writes a whole number with commas, as Korean and English both do.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// wordOf is a word of a filter as people say it, or as it is.
func wordOf(lang, field, word string) string {
	if said, ok := texts[lang]["word."+field+"."+word]; ok {
		return said
	}
	return word
}

// scriptTexts are the texts that scripts say: those whose keys begin with js.
func scriptTexts(lang string) map[string]string {
	said := map[string]string{}
	for key, s := range texts[lang] {
		if strings.HasPrefix(key, "js.") {
			said[key] = s
		}
	}
	return said
}

// age is how long ago something was, in the largest unit that there is one of.
func age(lang string, now, then time.Time) string {
	d := now.Sub(then)
	for _, unit := range []struct {
		key string
		is  time.Duration
	}{{"age.years", 365 * 24 * time.Hour}, {"age.months", 30 * 24 * time.Hour}, {"age.days", 24 * time.Hour}, {"age.hours", time.Hour}, {"age.minutes", time.Minute}} {
		if n := int(d / unit.is); n > 0 {
			return text(lang, unit.key, "n", n)
		}
	}
	return text(lang, "age.now")
}
