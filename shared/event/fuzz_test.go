package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// seeds adds the samples and what decoders trip over. The type is that of a
// binary CloudEvent; without one there are no ce- headers.
func seeds(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.header.Get("ce-type"), s.body)
	}
	for _, body := range []string{"", "null", `"`, `"\"`, `"\ud800"`, "[", "[]", "[,]", "[1,,2]", "[1}", "{}", "{}{}", "{}\nx", "{\n", "\xff",
		`{"a":1}{"b"`, `{"\u0061":1,"a":2}`, `[null,"",{}]`, `"eyJhIjoxfQ=="`, confluent(1, `"e30="`), pubsub(`,"data":"e30="`), pubsub(`,"data":1`),
		notification("OBJECT_FINALIZE", told, stored), notification("OBJECT_DELETE", told, ""), stored} {
		f.Add("", []byte(body))
		f.Add(typeMessagePublished, []byte(body))
		f.Add(typeFinalized, []byte(body))
	}
}

func fuzzHeader(typ string) http.Header {
	if typ == "" {
		return http.Header{}
	}
	return ceHeader(typ)
}

var jsonString = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"`)

// comesFrom says whether value stands in body: as it is, as the text of a JSON
// string, or as the base64 in one. It shares nothing with the decoder.
func comesFrom(body, value []byte) bool {
	if bytes.Contains(body, value) {
		return true
	}
	for _, part := range append(bytes.Split(body, []byte("\n")), body) {
		for _, literal := range jsonString.FindAll(part, -1) {
			var s string
			if json.Unmarshal(literal, &s) != nil {
				continue
			}
			if s == string(value) {
				return true
			}
			if b, err := base64.StdEncoding.DecodeString(strings.Trim(s, " \t\r\n")); err == nil && bytes.Equal(b, value) {
				return true
			}
		}
	}
	return false
}

func FuzzRecords(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		before := bytes.Clone(body)
		records, err := Records(fuzzHeader(typ), body)
		if !bytes.Equal(body, before) {
			t.Fatal("the body was changed")
		}
		if len(records) == 0 {
			var array []json.RawMessage
			if json.Unmarshal(body, &array) != nil || len(array) != 0 {
				t.Fatalf("no record of %q", body)
			}
		}
		for i, r := range records {
			switch {
			case r.Err != nil && fault.KindOf(r.Err) != fault.Invalid:
				t.Errorf("record %d: error is %s: %v", i, fault.KindOf(r.Err), r.Err)
			case r.Err != nil && !bytes.Contains(body, r.Value):
				t.Errorf("record %d: bad, but %q is not a piece of %q", i, r.Value, body)
			case !comesFrom(body, r.Value):
				t.Errorf("record %d: %q does not come from %q", i, r.Value, body)
			}
			if r.Partition < -1 || r.Offset < -1 || r.Attempt < 0 || r.Via == "" {
				t.Errorf("record %d: %+v", i, r)
			}
		}
		if err != nil && (len(records) != 1 || records[0].Err != err || !bytes.Equal(records[0].Value, body)) {
			t.Errorf("error %v without one record that has it and the body whole: %+v", err, records)
		}
		// Where no envelope was opened, the values are the body but for what stands between them.
		var rest strings.Builder
		for _, r := range records {
			if r.Via != ViaHTTP || !bytes.Contains(body, r.Value) || len(r.Value) == 0 {
				return
			}
			rest.Write(r.Value)
		}
		if got, want := squeeze(rest.String()), squeeze(string(body)); got != want {
			t.Errorf("of %q only %q is left", want, got)
		}
	})
}

// squeeze drops what may stand between values, wherever it stands.
func squeeze(s string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "[", "", "]", "", ",", "").Replace(s)
}

func FuzzFinalization(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		got, err := Finalization(fuzzHeader(typ), body)
		switch {
		case errors.Is(err, ErrIgnored):
		case err != nil && fault.KindOf(err) != fault.Invalid:
			t.Errorf("error is %s: %v", fault.KindOf(err), err)
		case err == nil && (got.Bucket == "" || got.Object == "" || got.Generation <= 0 || got.Size < -1 || got.Via == ""):
			t.Errorf("no error, but %+v", got)
		}
	})
}
