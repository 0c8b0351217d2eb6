// Package storetest is what package store promises, as a test that runs on the
// stand-ins and on a real bucket alike.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// patience bounds each part; a real bucket on a slow line needs seconds.
const patience = 2 * time.Minute

// Store is all that package store's Client does with objects.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte,
		metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	Stat(ctx context.Context, uri store.URI) (store.Attrs, error)
	List(ctx context.Context, bucket, prefix string) iter.Seq2[store.Attrs, error]
	Folders(ctx context.Context, bucket, prefix string) iter.Seq2[string, error]
	Delete(ctx context.Context, uri store.URI) error
	DeleteGeneration(ctx context.Context, uri store.URI, ifGeneration int64) error
	CheckBucket(ctx context.Context, bucket string) error
}

// Conformance checks everything that package store promises. open returns a
// store and a bucket that the test may write to; each part calls it once and
// removes what it wrote.
func Conformance(t *testing.T, open func(t *testing.T) (Store, string)) {
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
			b := &bench{ctx: ctx, Store: client, bucket: bucket, prefix: run + "/" + slug(name) + "/"}
			defer b.clean(t)
			part(t, b)
		})
	}
}

func slug(name string) string {
	return string(bytes.ReplaceAll([]byte(name), []byte(" "), []byte("-")))
}

// bench is a store with a corner of a bucket of its own.
type bench struct {
	Store
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
