package storetest

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

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
	for _, uri := range []store.URI{{}, {Bucket: b.bucket}, {Object: "o"}, {Bucket: "No Bucket", Object: "o"},
		{Bucket: b.bucket, Object: "a\nb"}} {
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
