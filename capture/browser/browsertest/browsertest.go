// Package browsertest finds, counts and kills the processes of browsers, for
// the tests of those that run them.
package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Groups are the process groups of the browsers that keep their files in a
// folder whose name begins with dir. A group outlives the browser at its head.
func Groups(dir string) map[int]bool {
	groups := map[int]bool{}
	each(func(pid, group int) {
		if env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err == nil && strings.Contains("\x00"+string(env), "\x00TMPDIR="+dir) && group == pid {
			groups[group] = true
		}
	})
	return groups
}

// In are the processes of some groups, by process id, and the kind of each as
// Chromium names it: renderer, utility, …; "" for the browser itself.
func In(groups map[int]bool) map[int]string {
	found := map[int]string{}
	each(func(pid, group int) {
		if groups[group] {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have ended
			_, kind, _ := strings.Cut(string(line), "--type=")
			kind, _, _ = strings.Cut(kind, "\x00")
			kind, _, _ = strings.Cut(kind, " ")
			found[pid] = kind
		}
	})
	return found
}

// Signal sends a signal to every process of the browsers of dir.
func Signal(t testing.TB, dir string, sig syscall.Signal) {
	t.Helper()
	for pid := range In(Groups(dir)) {
		if err := syscall.Kill(pid, sig); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
	}
}

// each calls visit for every process, those that ended and were not waited for too.
func each(visit func(pid, group int)) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		// proc_pid_stat(5): after the name in parentheses, the state, the parent, the group.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		group, _ := strconv.Atoi(fields[2])
		visit(pid, group)
	}
}

// Eventually asks cond until it holds, for as long as 15 s.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(15 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within 15 s", what)
		}
	}
}

// Memory is what the processes of some groups hold, in bytes. What they share is counted for each.
func Memory(groups map[int]bool) int {
	total := 0
	for pid := range In(groups) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)) // it may have ended
		var all, resident int
		fmt.Sscan(string(line), &all, &resident) //nolint:errcheck // likewise
		total += resident * os.Getpagesize()
	}
	return total
}
