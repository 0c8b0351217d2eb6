package browser

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// A page has a renderer process of its own: frames of other sites and workers
// of every kind share it, since site isolation is off and no other tab has the
// same browser context. What a page takes is therefore what its renderer takes,
// and what ends the renderer ends nothing else. Blobs, caches and textures lie
// in processes that all pages share; there the page is ended that made them
// grow, as far as one can tell.

// look is how often the processes are looked at. A page that only fills memory
// takes some 100 MB meanwhile.
const look = 100 * time.Millisecond

// shared is how many times a page's limit a process that all pages share may
// hold. Drawing tiles at three times the scale takes it to 500 MB.
const shared = 2

// watch ends renderers that outgrow a limit, for as long as the browser lives.
type watch struct {
	limit  int64 // bytes of one process
	group  int   // the browser's process group
	page   int64 // bytes of a memory page
	log    *slog.Logger
	tabs   atomic.Int32 // open now; without one nothing is looked at
	culled atomic.Int32 // renderers ended for what they held themselves, whose tabs have not heard of it
	purged atomic.Int32 // likewise, for what others held on their behalf
	known  map[int]*usage
	others map[int]bool // processes of other groups
	looks  int
}

// usage is what one process of the browser takes.
type usage struct {
	kind  string // as Chromium names it: renderer, gpu-process, utility; "" for the browser itself
	bytes int64  // resident
	ticks int64  // of CPU so far
	grew  int64  // bytes since the look before
	spent int64  // ticks since then
	blame float64
	ended bool
}

func newWatch(limit int64, group int, log *slog.Logger) *watch {
	return &watch{limit: limit, group: group, page: int64(os.Getpagesize()), log: log, known: map[int]*usage{}, others: map[int]bool{}}
}

func (w *watch) run(done <-chan struct{}) {
	if _, err := readStat(os.Getpid()); err != nil {
		w.log.Warn("what a page takes of memory is NOT LIMITED: this system does not tell of processes as Linux does", "error", err)
		return
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if w.tabs.Load() > 0 {
				w.look()
			} else { // whoever was ended has gone without asking why
				w.culled.Store(0)
				w.purged.Store(0)
			}
		}
	}
}

func (w *watch) look() {
	w.read()
	var renderers, work int64
	for _, u := range w.known {
		if u.kind == "renderer" {
			renderers, work = renderers+1, work+u.spent
		}
	}
	for pid, u := range w.known {
		switch {
		case u.kind == "renderer":
			if u.bytes > w.limit {
				w.end(pid, &w.culled)
			}
		case work > 0: // what a shared process grew or shrank by, by who worked meanwhile
			for _, r := range w.known {
				if r.kind == "renderer" {
					r.blame = max(0, r.blame+float64(u.grew)*float64(r.spent)/float64(work))
				}
			}
		}
	}
	for _, u := range w.known {
		if u.kind != "renderer" && u.kind != "zygote" && u.bytes > shared*w.limit {
			w.endMostBlamed()
			return
		}
	}
}

// endMostBlamed ends the renderer that worked most while shared processes grew.
// Until what it held is given back, no second one is ended.
func (w *watch) endMostBlamed() {
	worst, most := 0, 0.0
	for pid, u := range w.known {
		if u.kind == "renderer" && u.ended {
			return
		}
		if u.kind == "renderer" && u.blame > most {
			worst, most = pid, u.blame
		}
	}
	if worst != 0 {
		w.end(worst, &w.purged)
	}
}

// end kills a renderer. What its tab is told depends on the count that it finds.
func (w *watch) end(pid int, count *atomic.Int32) {
	u := w.known[pid]
	if u.ended {
		return
	}
	u.ended = true
	w.log.Warn("a page outgrew its memory and was ended", "pid", pid, "MB", u.bytes>>20, "limit_MB", w.limit>>20)
	count.Add(1)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil { // it ended by itself
		count.Add(-1)
	}
}

// read brings known up to date.
func (w *watch) read() {
	if w.looks++; w.looks%100 == 0 {
		clear(w.others) // process ids are used again
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return
	}
	names, _ := dir.Readdirnames(-1)
	dir.Close()
	here := make(map[int]bool, len(w.known))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || w.others[pid] {
			continue
		}
		s, err := readStat(pid)
		switch {
		case err != nil: // it has ended
		case s.group != w.group:
			w.others[pid] = true
		default:
			here[pid] = true
			w.note(pid, s)
		}
	}
	for pid := range w.known {
		if !here[pid] {
			delete(w.known, pid)
		}
	}
}

func (w *watch) note(pid int, s stat) {
	u := w.known[pid]
	if u == nil {
		u = &usage{bytes: s.pages * w.page, ticks: s.ticks}
		w.known[pid] = u
	}
	if pid != w.group && (u.kind == "" || u.kind == "zygote") { // what a zygote becomes, it is called a moment later
		u.kind = kindOf(pid)
	}
	u.grew, u.spent = s.pages*w.page-u.bytes, s.ticks-u.ticks
	u.bytes, u.ticks = s.pages*w.page, s.ticks
}

// stat is what proc_pid_stat(5) says of a process.
type stat struct {
	group int
	ticks int64 // of CPU, in user and kernel mode
	pages int64 // of memory, resident
}

func readStat(pid int) (s stat, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	// After the name in parentheses, which may hold anything, comes the third field.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 22 {
		return s, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(f))
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	kernel, _ := strconv.ParseInt(f[12], 10, 64)
	s.ticks = user + kernel
	s.group, _ = strconv.Atoi(f[2])
	s.pages, err = strconv.ParseInt(f[21], 10, 64)
	return s, err
}

// kindOf is a process's --type.
func kindOf(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have ended
	_, kind, _ := strings.Cut(string(b), "--type=")
	if end := strings.IndexAny(kind, "\x00 "); end >= 0 {
		kind = kind[:end]
	}
	return kind
}

// fate says why a page's renderer ended.
func (w *watch) fate(e *target.EventTargetCrashed) error {
	switch {
	case e.Status != "killed":
		return ErrCrashed
	case take(&w.culled):
		return fault.New(fault.Invalid, "the page takes more than %d MB of memory; if it may, raise CAPTURE_PAGE_MEMORY_MB, and the instance's memory with it", w.limit>>20)
	case take(&w.purged):
		return fault.New(fault.Transient, "the browser held more than %d MB for all pages together, most of it likely for this one", shared*w.limit>>20)
	}
	return errKilled
}

// take takes one of what there is.
func take(count *atomic.Int32) bool {
	for n := count.Load(); n > 0; n = count.Load() {
		if count.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}
