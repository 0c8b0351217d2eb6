package job

import (
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"pgregory.net/rapid"
)

// TestIdentityIsAlwaysAnID: whatever a request and its delivery call
// themselves, what names objects and failures is a valid id, and the same at
// every redelivery.
func TestIdentityIsAlwaysAnID(t *testing.T) {
	names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "..", "../../precious", "a/b", "pageinspect.requests", "..x", "/", "\x1b[31m", "상품-1"}))
	rapid.Check(t, func(t *rapid.T) {
		s := Source{Topic: names.Draw(t, "topic"), Partition: rapid.IntRange(-1, 3).Draw(t, "partition"), Offset: int64(rapid.IntRange(-1, 3).Draw(t, "offset"))}
		r := Request{ID: names.Draw(t, "id")}
		value := []byte(names.Draw(t, "value"))
		got := r.Identify(s, value)
		if err := CheckID(got.ID); err != nil {
			t.Fatalf("%q: %v", got.ID, err)
		}
		if CheckID(r.ID) == nil && got.ID != r.ID {
			t.Fatalf("the good id %q became %q", r.ID, got.ID)
		}
		if again := r.Identify(s, value); again.ID != got.ID {
			t.Fatalf("%q, then %q", got.ID, again.ID)
		}
		if f := NewFailure(StageCapture, fault.New(fault.Invalid, "no"), r, value, s, time.Now()); f.ID != got.ID {
			t.Fatalf("the failure is called %q", f.ID)
		}
	})
}

// TestCheckURL: an address is wrong if a browser could not visit it.
func TestCheckURL(t *testing.T) {
	for address, good := range map[string]bool{
		"https://shop.example/100%.html":        true,
		"https://shop.example/여드름 100% 완치?q=%b": true,
		"http://[::1]:80/%":                     true,
		"https://shop%zz.example/100%":          false,
		"https://shop.example:port/100%":        false,
		"ftp://shop.example/100%":               false,
		"shop.example/100%":                     false,
		"https:///100%":                         false,
		"100%":                                  false,
		"%":                                     false,
	} {
		if err := CheckURL(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}
