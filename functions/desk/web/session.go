package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/language"
)

// session is who asks, and how they want to see it.
type session struct {
	Who       string
	MayDecide bool
	Lang      string // ko or en
	Theme     string // light, dark, or auto: as the system has it
	Unblur    bool   // indecent pictures are shown as they are
}

// Cookies of a session. Scripts read none of them: they see what the page says.
const (
	langCookie   = "desk-lang"
	themeCookie  = "desk-theme"
	unblurCookie = "desk-unblur"
)

var (
	themes  = []string{"auto", "light", "dark"}
	matcher = language.NewMatcher([]language.Tag{language.English, language.Korean})
)

type sessionKey struct{}

// sessionOf is the session of a request that identified has passed on.
func sessionOf(r *http.Request) session {
	if s, ok := r.Context().Value(sessionKey{}).(session); ok {
		return s
	}
	return preferences(r)
}

// identified asks who is there, and passes nobody else on.
func (d *Desk) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := d.Who(r)
		if err != nil {
			d.Log.WarnContext(r.Context(), "who asks is not known", "error", err)
			d.fail(w, r, errStranger)
			return
		}
		s := preferences(r)
		s.Who, s.MayDecide = who, d.MayDecide == nil || d.MayDecide(who)
		if asked := r.URL.Query().Get("lang"); slices.Contains(languages, asked) && r.Method == http.MethodGet {
			s.Lang = asked
			setCookie(w, r, langCookie, asked)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, s)))
	})
}

// preferences are what the cookies say or, of the language, the browser.
func preferences(r *http.Request) session {
	s := session{Lang: cookie(r, langCookie, languages), Theme: cookie(r, themeCookie, themes), Unblur: cookie(r, unblurCookie, []string{"1"}) == "1"}
	if s.Theme == "" {
		s.Theme = themes[0]
	}
	if s.Lang == "" {
		tags, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
		_, i, _ := matcher.Match(tags...)
		s.Lang = languages[i]
	}
	return s
}

// cookie is a cookie's value if it is one of those allowed, or "".
func cookie(r *http.Request, name string, allowed []string) string {
	if c, err := r.Cookie(name); err == nil && slices.Contains(allowed, c.Value) {
		return c.Value
	}
	return ""
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Behind a proxy that ends TLS, the header is the proxy's; a laptop's loopback has none.
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
}

// setSession keeps what a reviewer chose in cookies: {"lang", "theme", "unblur"}, each
// optional.
func (d *Desk) setSession(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Lang, Theme *string
		Unblur      *bool
	}
	if err := decode(r, &body); err != nil {
		d.fail(w, r, err)
		return
	}
	if body.Lang != nil && !slices.Contains(languages, *body.Lang) || body.Theme != nil && !slices.Contains(themes, *body.Theme) {
		d.fail(w, r, fault.New(fault.Invalid, "lang is ko or en, theme is auto, light or dark"))
		return
	}
	if body.Lang != nil {
		setCookie(w, r, langCookie, *body.Lang)
	}
	if body.Theme != nil {
		setCookie(w, r, themeCookie, *body.Theme)
	}
	if body.Unblur != nil {
		setCookie(w, r, unblurCookie, map[bool]string{true: "1"}[*body.Unblur])
	}
	w.WriteHeader(http.StatusNoContent)
}
