package browser

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// fateOf waits until a page has ended, and says why.
func fateOf(t *testing.T, tab *Tab, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := tab.until(ctx, limit, func() bool { return false })
	return err
}

// What a page holds counts wherever it holds it: in itself, in its frames and
// workers, in processes that it shares with other pages. Those notice nothing.
func TestOnePageCannotTakeTheMemory(t *testing.T) {
	const fill = `x=[];setInterval(()=>x.push(new Uint8Array(5e7).fill(1)),20)`
	for name, c := range map[string]struct {
		page string
		want fault.Kind
		says string
	}{
		"arrays":      {`<script>` + fill + `</script>`, fault.Invalid, "more than 250 MB"},
		"a busy loop": {`<script>x=[];for(;;)x.push(new Uint8Array(5e7).fill(1))</script>`, fault.Invalid, "more than 250 MB"},
		"objects":     {`<script>x=[];setInterval(()=>{for(let i=0;i<1e5;i++)x.push({a:i,b:[i]})},1)</script>`, fault.Invalid, "more than"},
		"a worker":    {`<script>new Worker(URL.createObjectURL(new Blob(["` + fill + `"])))</script>`, fault.Invalid, "more than 250 MB"},
		"a frame":     {`<iframe sandbox=allow-scripts srcdoc="<script>` + fill + `</script>"></iframe>`, fault.Invalid, "more than 250 MB"},
		"WebAssembly": {`<script>x=[];setInterval(()=>{const m=new WebAssembly.Memory({initial:800});new Uint8Array(m.buffer).fill(1);x.push(m)},20)</script>`, fault.Invalid, "more than 250 MB"},
		"blobs":       {`<script>x=[];(async()=>{for(;;)x.push(await(await fetch('')).blob())})()</script><!--` + strings.Repeat("x", 10<<20), fault.Transient, "more than 500 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			b := started(t, Config{Tabs: 2, Recycle: 100, PageMemory: 250})
			beside, err := visit(t.Context(), b, site(t, "<p>x"))
			if err != nil {
				t.Fatal(err)
			}
			defer beside.Close()
			tab, err := visit(t.Context(), b, site(t, c.page))
			if err == nil {
				err = fateOf(t, tab, 20*time.Second)
				tab.Close()
			}
			if fault.KindOf(err) != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", fault.KindOf(err), err)
			}
			if err := fateOf(t, beside, 300*time.Millisecond); fault.KindOf(err) != fault.Timeout && err != nil {
				t.Errorf("the page beside it: %v", err)
			}
		})
	}
}
