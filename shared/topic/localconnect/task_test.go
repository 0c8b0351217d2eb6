package localconnect_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
)

// TestStop: a request in flight when the connector ends is cancelled, and its
// record is neither committed nor dead-lettered.
func TestStop(t *testing.T) {
	kafka := broker(t, 1, 3)
	f := newFunction(t, func(_ http.ResponseWriter, r *http.Request, value string, _ int) {
		if value == "1" {
			<-r.Context().Done()
		}
	})
	cfg := config(t, kafka, f.URL)
	cfg.MaxRetries = -1
	stop := run(t, cfg)
	f.await(t, "the record that hangs", all([]string{"1"}))
	stop()
	if got := uncommitted(t, kafka); got != "1" {
		t.Errorf("the group is at %s, want 1, which was in flight", got)
	}
}

// TestInFlight: a slow record holds up neither those behind it nor is it
// skipped by their commits.
func TestInFlight(t *testing.T) {
	const n, inFlight, slow = 30, 4, "0"
	for _, answered := range []bool{false, true} {
		t.Run(fmt.Sprintf("slow record answered %t", answered), func(t *testing.T) {
			kafka := broker(t, 1, n)
			release, together := make(chan struct{}), make(chan struct{})
			f := newFunction(t, func(_ http.ResponseWriter, r *http.Request, value string, before int) {
				wait := together // the records after n are answered together, so all under way at once
				if v, err := strconv.Atoi(value); err == nil && v < n {
					if value != slow || before > 0 {
						return
					}
					wait = release
				}
				select {
				case <-wait:
				case <-r.Context().Done():
				}
			})
			cfg := config(t, kafka, f.URL)
			cfg.InFlight = inFlight
			stop := run(t, cfg)
			f.await(t, "all, the slow one under way", all(numbers(0, n)))
			if !answered {
				stop()
				if got := uncommitted(t, kafka); got != slow {
					t.Errorf("the group is at %s, want %s, which was in flight", got, slow)
				}
				return
			}
			close(release)
			publish(t, kafka, numbers(n, n+inFlight)...)
			// As many at once take the slow record's slot too, which is free once it is committed.
			f.await(t, "as many at once as may be", all(numbers(n, n+inFlight)))
			stop()
			if got, want := uncommitted(t, kafka), fmt.Sprint(n); got != want {
				t.Errorf("the group is at %s, want %s", got, want)
			}
			close(together)
		})
	}
}

// TestStopAnywhere ends and restarts connectors of several shapes after any
// number of deliveries: nothing is lost, and with one in flight in one task no
// more comes twice than was in flight.
func TestStopAnywhere(t *testing.T) {
	const n = 60
	for _, shape := range []struct{ partitions, tasks, inFlight int }{{1, 1, 1}, {3, 2, 1}, {2, 1, 5}, {4, 2, 3}} {
		t.Run(fmt.Sprintf("%+v", shape), func(t *testing.T) {
			t.Parallel()
			kafka := broker(t, shape.partitions, n)
			f := newFunction(t, accept)
			cfg := config(t, kafka, f.URL)
			cfg.Tasks, cfg.InFlight = shape.tasks, shape.inFlight
			stops := 0
			for _, after := range []int{1, 7, 20, 41} {
				stop := run(t, cfg)
				f.await(t, "some", func(seen []string) bool { return len(seen) >= after })
				stop()
				stops++
			}
			run(t, cfg)
			f.await(t, "all", all(numbers(0, n)))
			if twice := len(f.values()) - n; shape.tasks*shape.inFlight == 1 && twice > stops {
				t.Errorf("%d came twice, want at most one for each of %d stops", twice, stops)
			}
		})
	}
}
