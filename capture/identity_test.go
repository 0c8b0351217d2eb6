package capture

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/capture/browser"
)

// TestWhatATabSaysOfItself: the server's side and the page's tell one story, a real browser's.
func TestWhatATabSaysOfItself(t *testing.T) {
	type says struct {
		Languages              []string
		Platform, Agent        string
		Screen, Outer, Inner   [2]int
		Brands                 []struct{ Brand, Version string }
		Mobile                 bool
		HintPlatform, Currency string
		Narrow                 bool
	}
	const script = `(() => ({Languages:navigator.languages,Platform:navigator.platform,Agent:navigator.userAgent,Screen:[screen.width,screen.height],
		Outer:[outerWidth,outerHeight],Inner:[innerWidth,innerHeight],Brands:navigator.userAgentData.brands,Mobile:navigator.userAgentData.mobile,
		HintPlatform:navigator.userAgentData.platform,Currency:new Intl.NumberFormat(navigator.languages,{style:'currency',currency:'KRW'}).format(19900),
		Narrow:matchMedia('(max-device-width:1024px)').matches}))()`
	for _, c := range []struct {
		name, profile               string
		mobile                      bool
		platform, hint, agent, lang string
		screen, inner               [2]int
	}{
		{"desktop", "", false, "Linux x86_64", `"Linux"`, "(X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/", "ko-KR,ko;q=0.9,en;q=0.8", [2]int{1920, 1080}, [2]int{1280, 800}},
		{"a wide desktop", " - {name: default, viewport: {width: 2560, height: 1300}}\n", false, "Linux x86_64", `"Linux"`, "(X11; Linux x86_64) AppleWebKit", "ko-KR,ko;q=0.9,en;q=0.8",
			[2]int{2560, 1385}, [2]int{2560, 1300}},
		{"mobile", " - {name: default, mobile: true}\n", true, "Linux armv81", `"Android"`, "(Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/", "ko-KR,ko;q=0.9,en;q=0.8",
			[2]int{390, 844}, [2]int{390, 844}},
		{"another browser", " - {name: default, locale: en-US, user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'}\n",
			false, "Win32", `"Windows"`, "(Windows NT 10.0; Win64; x64) AppleWebKit", "en-US,en;q=0.9", [2]int{1920, 1080}, [2]int{1280, 800}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var sent http.Header
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" {
					sent = r.Header.Clone()
				}
				html(`<meta name=viewport content="width=device-width,initial-scale=1">`+seen)(w, r)
			})
			cap, _ := capturer(t, c.profile)
			s := cap.opened(t, url)
			got, err := browser.Evaluate[says](t.Context(), s.tab, script)
			if err != nil {
				t.Fatal(err)
			}
			all, _ := json.Marshal(got)
			if agent := sent.Get("User-Agent"); agent != got.Agent || !strings.Contains(agent, c.agent) || strings.Contains(agent, "Headless") || strings.Contains(agent, " Mobile ") != c.mobile {
				t.Errorf("user agent %q; the page is told %q", agent, got.Agent)
			}
			if got := sent.Get("Accept-Language"); got != c.lang {
				t.Errorf("Accept-Language %q, want %q", got, c.lang)
			}
			wantMobile := map[bool]string{true: "?1", false: "?0"}[c.mobile]
			if sent.Get("Sec-Ch-Ua-Mobile") != wantMobile || sent.Get("Sec-Ch-Ua-Platform") != c.hint || !strings.Contains(sent.Get("Sec-Ch-Ua"), `"Google Chrome";v="1`) {
				t.Errorf("client hints %q %q %q", sent.Get("Sec-Ch-Ua"), sent.Get("Sec-Ch-Ua-Mobile"), sent.Get("Sec-Ch-Ua-Platform"))
			}
			if got.Platform != c.platform || got.Mobile != c.mobile || `"`+got.HintPlatform+`"` != c.hint || len(got.Brands) < 2 {
				t.Errorf("the page is told %s", all)
			}
			if got.Screen != c.screen || got.Inner != c.inner || got.Outer[0] != c.inner[0] || got.Outer[1] < c.inner[1] || got.Narrow != c.mobile {
				t.Errorf("screen and window: %s", all)
			}
			if strings.Contains(strings.Join(got.Languages, " "), ";") || got.Currency == "" {
				t.Errorf("languages %q", got.Languages)
			}
		})
	}
}
