package capture

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

// TestWorkersAreNotWaitedFor: the end of a worker's own script is never heard of.
func TestWorkersAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, "")
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			media("text/javascript", []byte("setInterval(()=>fetch('/poll'),50)"))(w, r)
			return
		}
		html(prose+`<script>new SharedWorker('/shared.js');new SharedWorker('/module.js',{type:'module'});new Worker('/own.js');new Worker('/m.js',{type:'module'});
			new SharedWorker(URL.createObjectURL(new Blob(['1'],{type:'text/javascript'})))</script>`)(w, r)
	})
	began := time.Now()
	m, err := cap.try(t, url, time.Minute)
	if err != nil || m.Partial != "" || len(m.Unseen)+len(m.Warnings) > 0 {
		t.Fatalf("partial %q, unseen %+v, warnings %q, %v", m.Partial, m.Unseen, m.Warnings, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestWhatIsAskedForInVainIsBounded: neither many addresses nor long ones fill the memory or the manifest.
func TestWhatIsAskedForInVainIsBounded(t *testing.T) {
	for name, pixel := range map[string]string{
		"refused": `http://10.0.0.1:8080/`, "not there": `/gone/`, "in the page itself": `data:image/png;base64,`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					http.NotFound(w, r)
					return
				}
				html(prose+fmt.Sprintf(`<script>for(let i=0;i<300;i++){const p=new Image();p.width=p.height=5;p.src=%q+i+'a'.repeat(30000);document.body.append(p)}</script>`, pixel))(w, r)
			}), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for what, list := range map[string][]string{"blocked": m.Blocked, "warnings": m.Warnings} {
				if len(list) > page.MaxNotes+1 {
					t.Errorf("%d %s", len(list), what)
				}
				for _, note := range list {
					if len(note) > page.MaxNoteBytes {
						t.Errorf("%s: %d bytes", what, len(note))
					}
				}
			}
			if name == "refused" && len(m.Blocked) < page.MaxNotes {
				t.Errorf("%d were refused", len(m.Blocked))
			}
		})
	}
}

// TestRefusedIPv6IsSaid: an address in brackets, over https, is known as the guard knows it.
func TestRefusedIPv6IsSaid(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, "")
	if _, err := cap.try(t, "https://[::1]:8443/", time.Minute); fault.KindOf(err) != fault.Blocked {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
	m, err := cap.try(t, serve(t, html(prose+`<img src="https://[::1]:8443/a.png" width=5 height=5>`)), time.Minute)
	if err != nil || !strings.Contains(strings.Join(m.Blocked, " "), "https://[::1]:8443/a.png") {
		t.Errorf("blocked %q, %v", m.Blocked, err)
	}
}
