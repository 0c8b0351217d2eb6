package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

func testCreate(t *testing.T, b *bench) {
	data := []byte("{\"글\": \"여드름 치료\"}\n")
	metadata := map[string]string{"run": "r-1", "page-id": "p-1001"}
	before := time.Now()
	created, err := b.Create(b.ctx, b.uri("p.json"), "application/json", data, metadata)
	if err != nil {
		t.Fatal(err)
	}
	if created.URI != b.uri("p.json") || created.Size != int64(len(data)) || created.Generation <= 0 ||
		created.ContentType != "application/json" || !cmp.Equal(created.Metadata, metadata) {
		t.Errorf("created %+v", created)
	}
	if created.Created.Before(before.Add(-time.Hour)) || created.Created.After(time.Now().Add(time.Hour)) {
		t.Errorf("created at %v, now is %v", created.Created, time.Now())
	}
	got, read, err := b.Read(b.ctx, b.uri("p.json"), int64(len(data)))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %q, %v", got, err)
	}
	stat, err := b.Stat(b.ctx, b.uri("p.json"))
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(created, read, cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("read's attributes differ from create's:\n%s", diff)
	}
	if diff := cmp.Diff(created, stat, cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("stat's attributes differ from create's:\n%s", diff)
	}
}

func testCreateTwice(t *testing.T, b *bench) {
	first := b.mustCreate(t, "o", "first")
	for _, data := range []string{"second", "first"} {
		_, err := b.Create(b.ctx, b.uri("o"), "text/html", []byte(data), nil)
		wantError(t, err, store.ErrExists, fault.Internal)
	}
	if got := b.mustRead(t, "o"); got != "first" {
		t.Errorf("read %q, want the first", got)
	}
	if a, err := b.Stat(b.ctx, b.uri("o")); err != nil || a.Generation != first.Generation || a.ContentType != "text/plain" {
		t.Errorf("stat %+v, %v; want it untouched", a, err)
	}
}

// race runs write 20 times at once and returns the numbers of those that succeeded.
func race(t *testing.T, refused error, write func(n int) error) []int {
	t.Helper()
	var (
		mu   sync.Mutex
		won  []int
		wg   sync.WaitGroup
		gate = make(chan struct{})
	)
	for n := range 20 {
		wg.Go(func() {
			<-gate
			err := write(n)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, n)
			} else if !errors.Is(err, refused) {
				t.Errorf("writer %d: %v, want %v", n, err, refused)
			}
		})
	}
	close(gate)
	wg.Wait()
	return won
}

func testCreateRace(t *testing.T, b *bench) {
	won := race(t, store.ErrExists, func(n int) error {
		_, err := b.Create(b.ctx, b.uri("o"), "text/plain", fmt.Appendf(nil, "writer %d", n), nil)
		return err
	})
	if len(won) != 1 {
		t.Fatalf("writers %v created the object, want one", won)
	}
	if got, want := b.mustRead(t, "o"), fmt.Sprintf("writer %d", won[0]); got != want {
		t.Errorf("the object is of %q, but %q was told so", got, want)
	}
}

func testSizes(t *testing.T, b *bench) {
	for _, size := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 3<<20 + 7} {
		data := bytes.Repeat([]byte("0123456789abcdef!"), size/17+1)[:size]
		uri := b.uri(fmt.Sprint(size))
		if _, err := b.Create(b.ctx, uri, "application/octet-stream", data, nil); err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		got, a, err := b.Read(b.ctx, uri, int64(size))
		if err != nil || !bytes.Equal(got, data) || a.Size != int64(size) {
			t.Errorf("%d bytes: read %d, size %d: %v", size, len(got), a.Size, err)
		}
	}
}

func testPut(t *testing.T, b *bench) {
	var generations []int64
	for _, data := range []string{"one", "two, longer", "3"} {
		a, err := b.Put(b.ctx, b.uri("o"), "text/plain", []byte(data), map[string]string{"v": data})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.mustRead(t, "o"); got != data {
			t.Errorf("read %q, want %q", got, data)
		}
		if slices.Contains(generations, a.Generation) {
			t.Errorf("generation %d came twice", a.Generation)
		}
		generations = append(generations, a.Generation)
	}
	if a, err := b.Stat(b.ctx, b.uri("o")); err != nil || a.Metadata["v"] != "3" || a.Generation != generations[2] {
		t.Errorf("stat %+v, %v; want the last put", a, err)
	}
}

func testReplace(t *testing.T, b *bench) {
	first := b.mustCreate(t, "lease", "one")
	second, err := b.Replace(b.ctx, b.uri("lease"), first.Generation, "text/plain", []byte("two"), nil)
	if err != nil || second.Generation == first.Generation {
		t.Fatalf("replaced %d by %d: %v", first.Generation, second.Generation, err)
	}
	_, err = b.Replace(b.ctx, b.uri("lease"), first.Generation, "text/plain", []byte("three"), nil)
	wantError(t, err, store.ErrChanged, fault.Transient)
	if got := b.mustRead(t, "lease"); got != "two" {
		t.Errorf("read %q, want two", got)
	}
	_, err = b.Replace(b.ctx, b.uri("absent"), first.Generation, "text/plain", []byte("four"), nil)
	wantError(t, err, store.ErrChanged, fault.Transient)
}

func testReplaceRace(t *testing.T, b *bench) {
	a := b.mustCreate(t, "lease", "free")
	won := race(t, store.ErrChanged, func(n int) error {
		_, err := b.Replace(b.ctx, b.uri("lease"), a.Generation, "text/plain", fmt.Appendf(nil, "writer %d", n), nil)
		return err
	})
	if len(won) != 1 {
		t.Fatalf("writers %v replaced the generation, want one", won)
	}
	if got, want := b.mustRead(t, "lease"), fmt.Sprintf("writer %d", won[0]); got != want {
		t.Errorf("the object is of %q, but %q was told so", got, want)
	}
}
