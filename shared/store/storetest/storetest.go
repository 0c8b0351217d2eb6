// Package storetest is what package store promises, as a test that runs on the
// stand-in and on a real bucket alike.
package storetest

import (
	"bytes"
	"context"
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

// patience bounds each part; a real bucket on a slow line needs seconds.
const patience = 2 * time.Minute

// Conformance checks everything that package store promises. open returns a
// client and a bucket that the test may write to; each part calls it once and
// removes what it wrote.
func Conformance(t *testing.T, open func(t *testing.T) (*store.Client, string)) {
	run := fmt.Sprintf("storetest/%d", time.Now().UnixNano())
	for name, part := range map[string]func(*testing.T, *bench){
		"create reads back":       testCreate,
		"create only once":        testCreateTwice,
		"create has one winner":   testCreateRace,
		"sizes":                   testSizes,
		"put overwrites":          testPut,
		"replace by generation":   testReplace,
		"replace has one winner":  testReplaceRace,
		"reads during overwrites": testReadDuringPut,
		"read limit":              testReadLimit,
		"not there":               testNotExist,
		"delete":                  testDelete,
		"delete by generation":    testDeleteGeneration,
		"the store's clock":       testClock,
		"list":                    testList,
		"folders":                 testFolders,
		"names":                   testNames,
		"bad arguments":           testBadArguments,
		"expired context":         testContext,
		"check bucket":            testCheckBucket,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, bucket := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			b := &bench{ctx: ctx, Client: client, bucket: bucket, prefix: run + "/" + slug(name) + "/"}
			defer b.clean(t)
			part(t, b)
		})
	}
}

func slug(name string) string {
	return string(bytes.ReplaceAll([]byte(name), []byte(" "), []byte("-")))
}

// bench is a client with a corner of a bucket of its own.
type bench struct {
	*store.Client
	ctx    context.Context
	bucket string
	prefix string
}

func (b *bench) uri(name string) store.URI {
	return store.URI{Bucket: b.bucket, Object: b.prefix + name}
}

func (b *bench) clean(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), patience)
	defer cancel()
	for a, err := range b.List(ctx, b.bucket, b.prefix) {
		if err == nil {
			err = b.Delete(ctx, a.URI)
		}
		if err != nil {
			t.Errorf("clean up: %v", err)
			return
		}
	}
}

func (b *bench) mustCreate(t *testing.T, name, data string) store.Attrs {
	t.Helper()
	a, err := b.Create(b.ctx, b.uri(name), "text/plain", []byte(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (b *bench) mustRead(t *testing.T, name string) string {
	t.Helper()
	data, _, err := b.Read(b.ctx, b.uri(name), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func wantError(t *testing.T, err, want error, kind fault.Kind) {
	t.Helper()
	if want != nil && !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("kind of %v is %q, want %q", err, got, kind)
	}
}

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

// testReadDuringPut finds bytes of one generation under the sum of another.
func testReadDuringPut(t *testing.T, b *bench) {
	body := func(n int) []byte { return bytes.Repeat([]byte{'a' + byte(n%26)}, 1000+n) }
	if _, err := b.Put(b.ctx, b.uri("o"), "text/plain", body(0), nil); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				data, a, err := b.Read(b.ctx, b.uri("o"), 1<<20)
				if err != nil || len(data) < 1000 || !bytes.Equal(data, body(len(data)-1000)) || a.Size != int64(len(data)) {
					t.Errorf("read %d bytes of an object of %d: %v", len(data), a.Size, err)
					return
				}
			}
		})
	}
	for n := range 8 { // a real bucket takes about one write of one object a second
		if _, err := b.Put(b.ctx, b.uri("o"), "text/plain", body(n), nil); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

func testReadLimit(t *testing.T, b *bench) {
	b.mustCreate(t, "o", "0123456789")
	_, _, err := b.Read(b.ctx, b.uri("o"), 9)
	wantError(t, err, nil, fault.Invalid)
	if data, _, err := b.Read(b.ctx, b.uri("o"), 10); err != nil || len(data) != 10 {
		t.Errorf("read %d bytes: %v; want 10", len(data), err)
	}
}

func testNotExist(t *testing.T, b *bench) {
	_, _, err := b.Read(b.ctx, b.uri("absent"), 10)
	wantError(t, err, store.ErrNotExist, fault.Invalid)
	_, err = b.Stat(b.ctx, b.uri("absent"))
	wantError(t, err, store.ErrNotExist, fault.Invalid)
	err = b.Delete(b.ctx, b.uri("absent"))
	wantError(t, err, store.ErrNotExist, fault.Invalid)
	_, err = b.Create(b.ctx, store.URI{Bucket: "pageinspect-no-such-bucket", Object: "o"}, "text/plain", nil, nil)
	if fault.KindOf(err) != fault.Transient { // 404, or 403 for those who may not know
		t.Errorf("create in no bucket: %v is %q", err, fault.KindOf(err))
	}
}

func testDelete(t *testing.T, b *bench) {
	b.mustCreate(t, "o", "data")
	if err := b.Delete(b.ctx, b.uri("o")); err != nil {
		t.Fatal(err)
	}
	_, err := b.Stat(b.ctx, b.uri("o"))
	wantError(t, err, store.ErrNotExist, fault.Invalid)
	b.mustCreate(t, "o", "again")
	if got := b.mustRead(t, "o"); got != "again" {
		t.Errorf("read %q after it was created again", got)
	}
}

func testDeleteGeneration(t *testing.T, b *bench) {
	first := b.mustCreate(t, "lease", "one")
	second, err := b.Replace(b.ctx, b.uri("lease"), first.Generation, "text/plain", []byte("two"), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, b.DeleteGeneration(b.ctx, b.uri("lease"), first.Generation), store.ErrChanged, fault.Transient)
	if got := b.mustRead(t, "lease"); got != "two" {
		t.Errorf("read %q, want two", got)
	}
	if err := b.DeleteGeneration(b.ctx, b.uri("lease"), second.Generation); err != nil {
		t.Error(err)
	}
	wantError(t, b.DeleteGeneration(b.ctx, b.uri("lease"), second.Generation), store.ErrChanged, fault.Transient)
}

// testClock: a refusal tells the store's time, in step with that of its objects.
func testClock(t *testing.T, b *bench) {
	a := b.mustCreate(t, "o", "data")
	_, err := b.Create(b.ctx, b.uri("o"), "text/plain", []byte("other"), nil)
	at, ok := store.AnsweredAt(err)
	if age := at.Sub(a.Created); !ok || age < -2*time.Second || age > patience {
		t.Errorf("created %v, refused at %v, %t", a.Created, at, ok)
	}
	if _, ok := store.AnsweredAt(store.ErrExists); ok {
		t.Error("an error without an answer has a time")
	}
}

func testList(t *testing.T, b *bench) {
	want := map[string]store.Attrs{}
	for _, name := range []string{"b/2.json", "b/10.json", "a.json", "b.json", "b/x/1.json", "c.json"} {
		want[b.prefix+name] = b.mustCreate(t, name, "data of "+name)
	}
	for _, tt := range []struct {
		prefix string
		names  []string
	}{
		{"", []string{"a.json", "b.json", "b/10.json", "b/2.json", "b/x/1.json", "c.json"}},
		{"b", []string{"b.json", "b/10.json", "b/2.json", "b/x/1.json"}},
		{"b/", []string{"b/10.json", "b/2.json", "b/x/1.json"}},
		{"a.json", []string{"a.json"}},
		{"none", nil},
	} {
		var names []string
		for a, err := range b.List(b.ctx, b.bucket, b.prefix+tt.prefix) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, a.Object[len(b.prefix):])
			if diff := cmp.Diff(want[a.Object], a, cmpopts.EquateApproxTime(time.Second)); diff != "" {
				t.Errorf("list's attributes of %s differ from create's:\n%s", a, diff)
			}
		}
		if diff := cmp.Diff(tt.names, names); diff != "" {
			t.Errorf("list %q:\n%s", tt.prefix, diff)
		}
	}
	for range b.List(b.ctx, b.bucket, b.prefix) {
		break // must not panic or hang
	}
	for _, err := range b.List(b.ctx, "pageinspect-no-such-bucket", "") {
		if fault.KindOf(err) != fault.Transient {
			t.Errorf("list of no bucket: %v is %q", err, fault.KindOf(err))
		}
	}
}

func testFolders(t *testing.T, b *bench) {
	for _, name := range []string{"b/2.json", "b/10.json", "a.json", "bc/x/1.json", "c/1.json"} {
		b.mustCreate(t, name, "data of "+name)
	}
	for prefix, want := range map[string][]string{"": {"b", "bc", "c"}, "b": {"b", "bc"}, "bc/": {"bc/x"}, "none": nil, "a": nil} {
		var names []string
		for folder, err := range b.Folders(b.ctx, b.bucket, b.prefix+prefix) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, folder[len(b.prefix):])
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("folders of %q:\n%s", prefix, diff)
		}
	}
	for range b.Folders(b.ctx, b.bucket, b.prefix) {
		break // must not panic or hang
	}
	for _, err := range b.Folders(b.ctx, "pageinspect-no-such-bucket", "") {
		if fault.KindOf(err) != fault.Transient {
			t.Errorf("folders of no bucket: %v is %q", err, fault.KindOf(err))
		}
	}
}

func testNames(t *testing.T, b *bench) {
	for _, name := range []string{
		"한글 이름.json", "a+b c%20d&e=f?g#h.json", "q'\"(x)[y]{z}*~!@$^,;:.json", "deep/er/and/deeper/000.jpg", "back\\slash",
	} {
		b.mustCreate(t, name, name)
		if got := b.mustRead(t, name); got != name {
			t.Errorf("%s: read %q", name, got)
		}
		if a, err := b.Stat(b.ctx, b.uri(name)); err != nil || a.Object != b.prefix+name {
			t.Errorf("stat of %s: %q, %v", name, a.Object, err)
		}
		found := 0
		for a, err := range b.List(b.ctx, b.bucket, b.prefix+name) {
			if err == nil && a.URI == b.uri(name) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: listed %d times, want once", name, found)
		}
	}
}

func testBadArguments(t *testing.T, b *bench) {
	for _, uri := range []store.URI{{}, {Bucket: b.bucket}, {Object: "o"}, {Bucket: "No Bucket", Object: "o"}, {Bucket: b.bucket, Object: "a\nb"}} {
		_, err := b.Create(b.ctx, uri, "text/plain", nil, nil)
		wantError(t, err, nil, fault.Invalid)
		_, _, err = b.Read(b.ctx, uri, 1)
		wantError(t, err, nil, fault.Invalid)
		_, err = b.Stat(b.ctx, uri)
		wantError(t, err, nil, fault.Invalid)
		wantError(t, b.Delete(b.ctx, uri), nil, fault.Invalid)
	}
	_, err := b.Put(b.ctx, b.uri("o"), "text/plain", nil, map[string]string{"Key": "v"})
	wantError(t, err, nil, fault.Invalid)
	_, err = b.Replace(b.ctx, b.uri("o"), 0, "text/plain", nil, nil)
	wantError(t, err, nil, fault.Internal)
}

func testContext(t *testing.T, b *bench) {
	cancelled, cancel := context.WithCancel(b.ctx)
	cancel()
	expired, cancel := context.WithDeadline(b.ctx, time.Now().Add(-time.Second))
	defer cancel()
	for _, tt := range []struct {
		ctx  context.Context
		want error
		kind fault.Kind
	}{{cancelled, context.Canceled, fault.Transient}, {expired, context.DeadlineExceeded, fault.Timeout}} {
		_, err := b.Create(tt.ctx, b.uri("o"), "text/plain", []byte("data"), nil)
		wantError(t, err, tt.want, tt.kind)
		_, _, err = b.Read(tt.ctx, b.uri("o"), 10)
		wantError(t, err, tt.want, tt.kind)
		_, err = b.Stat(tt.ctx, b.uri("o"))
		wantError(t, err, tt.want, tt.kind)
		wantError(t, b.Delete(tt.ctx, b.uri("o")), tt.want, tt.kind)
		for _, err := range b.List(tt.ctx, b.bucket, b.prefix) {
			wantError(t, err, tt.want, tt.kind)
		}
	}
	_, err := b.Stat(b.ctx, b.uri("o"))
	wantError(t, err, store.ErrNotExist, fault.Invalid)
}

func testCheckBucket(t *testing.T, b *bench) {
	if err := b.CheckBucket(b.ctx, b.bucket); err != nil {
		t.Error(err)
	}
	b.mustCreate(t, "o", "data")
	if err := b.CheckBucket(b.ctx, b.bucket); err != nil {
		t.Error(err)
	}
	wantError(t, b.CheckBucket(b.ctx, "pageinspect-no-such-bucket"), nil, fault.Transient)
	wantError(t, b.CheckBucket(b.ctx, "No Bucket"), nil, fault.Invalid)
}
