package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

// inside runs the command in this process, as main does.
func inside(t *testing.T, stdin io.Reader, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	exit = insideOf(t.Context(), stdin, &out, &errs, args...)
	return exit, out.String(), errs.String()
}

func insideOf(ctx context.Context, stdin io.Reader, out, errs io.Writer, args ...string) int {
	c := root()
	c.SetArgs(args)
	c.SetIn(stdin)
	c.SetOut(screen{out})
	c.SetErr(screen{errs})
	return code(ctx, c.ExecuteContext(ctx), c.ErrOrStderr())
}

// fakeCloud is a broker and a store that the environment names, and, in place of
// both functions, a job that rejects every page whose address says "bad", fails
// those that say "gone", never ends those that say "slow", and passes the others.
type fakeCloud struct {
	kafka   topic.Config
	objects *store.Client
	storage *localgcs.Server
	mu      sync.Mutex
	asked   map[string]int // deliveries by id
}

func newFakeCloud(t *testing.T) *fakeCloud {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Dir: t.TempDir(), Buckets: []string{localcloud.Screenshots, localcloud.Pages, localcloud.Results}})
	if err != nil {
		t.Fatal(err)
	}
	broker, err := localkafka.Start(localkafka.Config{Topics: map[string]int{localcloud.RequestsTopic: 4, localcloud.ResultsTopic: 2, localcloud.ErrorsTopic: 1}})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", storage.Endpoint())
	t.Setenv("KAFKA_BROKERS", broker.Addr())
	t.Setenv("RESULTS_BUCKET", "")
	c := &fakeCloud{kafka: topic.Config{Brokers: []string{broker.Addr()}}, objects: objects, storage: storage, asked: map[string]int{}}
	w, err := topic.NewWriter(c.kafka)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var jobs errgroup.Group
		jobs.SetLimit(64)
		err := topic.Follow(ctx, c.kafka, localcloud.RequestsTopic, nil, func(m topic.Message) error {
			jobs.Go(func() error { return c.do(ctx, w, m) })
			return nil
		})
		if err = errors.Join(err, jobs.Wait()); err != nil && ctx.Err() == nil {
			panic(fmt.Sprintf("the fake job: %v", err)) // nothing would come of the requests any more
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		w.Close()                  //nolint:errcheck // likewise
		objects.Close()            //nolint:errcheck // likewise
		storage.Close(t.Context()) //nolint:errcheck // likewise
		broker.Close()             //nolint:errcheck // nothing of it is kept
	})
	return c
}

// do is what becomes of one delivery: the same request is done once.
func (c *fakeCloud) do(ctx context.Context, w *topic.Writer, m topic.Message) error {
	var r job.Request
	if err := json.Unmarshal(m.Value, &r); err != nil {
		return err
	}
	c.mu.Lock()
	c.asked[r.ID]++
	again := c.asked[r.ID] > 1
	c.mu.Unlock()
	if again {
		return nil
	}
	if strings.Contains(r.URL, "slow") {
		return nil
	}
	if strings.Contains(r.URL, "gone") {
		f := job.NewFailure(job.StageCapture, fault.New(fault.Unreachable, "the page answered 404"), r, m.Value, job.Source{}, time.Now())
		return w.Publish(ctx, topic.Message{Topic: localcloud.ErrorsTopic, Key: m.Key, Value: encode(f)})
	}
	tile := store.URI{Bucket: localcloud.Screenshots, Object: r.ID + "/1/000.jpg"}
	res := result.Result{Schema: result.Schema, ID: r.ID, URL: r.URL, FinalURL: r.URL, Title: "T", Category: r.Category, Labels: r.Labels, Verdict: result.Pass, Findings: []result.Finding{}, Rules: []string{},
		Page: result.Page{Width: 100, Height: 100, Scale: 1}, Tiles: []page.Tile{{Object: tile.String(), Width: 100, Height: 100, MediaType: "image/jpeg"}}, Text: "text", Lines: []result.Line{{Text: "text"}},
		Coverage: result.Coverage{Engine: "tesseract"}, Vision: result.Vision{Units: 3, Images: 3}, CapturedAt: time.Now(), RecognizedAt: time.Now()}
	if strings.Contains(r.URL, "bad") {
		res.Verdict = result.Reject
		res.Findings = append(res.Findings, result.Finding{Rule: "cosmetics.drug-claim.acne", Severity: result.High, Mode: result.Enforce, Quote: "=여드름 치료\x1b[31m", Message: "no", Box: page.Box{Y: 20}})
	}
	b, err := json.Marshal(res)
	if err != nil {
		return err
	}
	type object struct {
		uri  store.URI
		data []byte
	}
	all := []object{{store.URI{Bucket: localcloud.Results, Object: r.ID + "/result.json"}, b}}
	if res.Verdict == result.Reject { // the others' are never fetched
		all = append(all, object{tile, []byte("a picture")})
	}
	for _, o := range all {
		if _, err := c.objects.Create(ctx, o.uri, "application/octet-stream", o.data, map[string]string{"id": r.ID, "verdict": string(res.Verdict)}); err != nil {
			return err
		}
	}
	event := encodeEvent(res.Event("gs://"+localcloud.Results+"/"+r.ID+"/result.json", ""))
	return w.Publish(ctx, topic.Message{Topic: localcloud.ResultsTopic, Key: m.Key, Value: event})
}

func encodeEvent(r result.Result) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

// trialList is a list of 1,000 lines as somebody has it: a mark, CRLF, semicolons,
// a title, quotes, empty rows, rows that are there twice, addresses that are none,
// rows without one, an id that Excel has cut off, and what acts on a terminal.
// Twelve pages of it are bad and three are gone.
func trialList() (text string, right, wrong, repeated int) {
	lines := []string{"11월 점검 목록;;;;", "상품번호;상품명;상품 URL;카테고리;비고"}
	for n := len(lines); n < 1000; n++ {
		address, name, id := fmt.Sprintf("https://shop.example/상품/%d", n), fmt.Sprintf(`"크림; ""%d"""`, n), fmt.Sprintf("P%04d", n)
		if n%3 == 0 {
			id = ""
		}
		switch {
		case n%80 == 40: // 12 of them: 40, 120 … 920
			address += "/bad"
		case n == 333 || n == 555 || n == 777:
			address += "/gone"
		case n%50 == 3:
			lines = append(lines, ";;;;")
			continue
		case n%50 == 7:
			address = ""
		case n%100 == 9:
			address = "shop.example/no-scheme"
		case n%100 == 19:
			address = "ftp://shop.example/x"
		case n%100 == 29:
			address = "https://shop.example/\x1b]0;pwned\x07\u202e"
		case n%100 == 39:
			id = "1.23457E+12"
		case n%100 == 59:
			name = `"never closed`
		case n%100 == 69: // the line before, once more
			lines = append(lines, lines[n-1])
			repeated++
			continue
		case n%100 == 79:
			id = "a/../b"
		}
		switch {
		case address == "", !strings.HasPrefix(address, "https://shop.example/상품"), id == "1.23457E+12", name == `"never closed`, id == "a/../b":
			wrong++
		default:
			right++
		}
		lines = append(lines, id+";"+name+";"+address+";화장품;")
	}
	return "\ufeff" + strings.Join(lines, "\r\n") + "\r\n", right, wrong, repeated
}

// TestFromASpreadsheetToTheBadPages is a new user's way: a list with every
// mistake goes in by one command, and the twelve bad pages come out by another.
func TestFromASpreadsheetToTheBadPages(t *testing.T) {
	cloud := newFakeCloud(t)
	dir := t.TempDir()
	t.Chdir(dir)
	text, right, wrong, repeated := trialList()
	if n := strings.Count(text, "\r\n"); n != 1000 || wrong < 80 || repeated != 10 {
		t.Fatalf("%d lines, %d right, %d wrong, %d repeated", n, right, wrong, repeated)
	}
	if err := os.WriteFile("products.csv", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	// Looked at first: nothing is sent.
	exit, out, errs := inside(t, nil, "submit", "products.csv", "--dry-run")
	if want := fmt.Sprintf("%d would be published, %d wrong, %d repeated", right, wrong, repeated); exit != exitFailed || !strings.Contains(errs, want) || strings.Count(out, "https://shop.example/상품/") != right {
		t.Fatalf("dry run: exit %d, want %q\n%s", exit, want, tail(errs))
	}
	cloud.mu.Lock()
	if len(cloud.asked) != 0 {
		t.Error("a dry run sent something")
	}
	cloud.mu.Unlock()

	// Sent twice: the second time does nothing.
	for range 2 {
		exit, _, errs = inside(t, nil, "submit", "products.csv", "--stable-ids")
		if exit != exitFailed || !strings.Contains(errs, fmt.Sprintf("%d were published, %d wrong", right, wrong)) || !strings.Contains(errs, "Next: pageinspect status") {
			t.Fatalf("submit: exit %d\n%s", exit, tail(errs))
		}
	}
	for _, say := range []string{
		"products.csv: column url is C (상품 URL), id A (상품번호), category D (카테고리); not used: B (상품명), E (비고)",
		"products.csv:8: no address in column C; fill it in, or delete the row",
		`products.csv:10: request: url: "shop.example/no-scheme" is not an http or https address; write it as https://…`,
		"products.csv:20: request: url: \"ftp://",
		"products.csv:30: request: url: ", "products.csv:40: the id 1.23457E+12 is a number whose end the spreadsheet has cut off",
		`products.csv:60: a cell's quotes (") do not close`, "products.csv:80: id: \"a/../b\" may have letters",
		"With Google Vision about", "pageinspect plan --pages",
	} {
		if !strings.Contains(errs, say) {
			t.Errorf("submit does not say %q\n%s", say, tail(errs))
		}
	}
	if strings.ContainsAny(strings.ReplaceAll(out+errs, "\n", ""), "\x1b\x07\r\u202e") {
		t.Error("what acts on a terminal was printed")
	}
	exit, out, errs = inside(t, nil, "status", "--watch")
	if want := fmt.Sprintf("%d requests: 3 failed, %d recognized (%d pass, 12 reject)", right, right-3, right-15); exit != exitFailed || !strings.Contains(out, want) ||
		!strings.Contains(out, "Next: pageinspect results --verdict reject,review shows the 12 pages to look at") || !strings.Contains(out, "pageinspect errors says why 3 failed") {
		t.Fatalf("status: exit %d, want %q\n%s%s", exit, want, tail(out), tail(errs))
	}
	cloud.mu.Lock()
	if len(cloud.asked) != right {
		t.Errorf("%d pages were asked for, want %d", len(cloud.asked), right)
	}
	cloud.mu.Unlock()

	// The twelve.
	exit, out, errs = inside(t, nil, "results", "--verdict", "reject")
	if exit != exitFinding || strings.Count(out, "/bad ") != 12 || !strings.Contains(out, fmt.Sprintf("12 of %d pages\n12 pages: 12 reject\n", right-3)) || !strings.Contains(out, "Reports such as http://"+cloud.storage.Endpoint()+"/local-results/") ||
		!strings.Contains(out, "A stand-in for Vision read 36 units, at no cost; Google Vision would take $0.05") {
		t.Errorf("results: exit %d\n%s%s", exit, out, errs)
	}
	exit, _, errs = inside(t, nil, "results", "--verdict", "reject", "--to", "bad.csv", "--out", "bad")
	if exit != exitFinding {
		t.Errorf("results: exit %d\n%s", exit, errs)
	}
	b, err := os.ReadFile("bad.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 13 || rows[1][0] != "P0040" || rows[1][1] != "reject" || rows[1][8] != "'=여드름 치료\ufffd[31m" {
		t.Errorf("%v: %q", err, rows)
	}
	for _, row := range rows[1:] {
		for _, name := range []string{"report.html", "result.json", "tiles/000.jpg"} {
			if _, err := os.Stat(filepath.Join("bad", row[0], name)); err != nil {
				t.Error(err)
			}
		}
	}
	// What came out goes in again.
	exit, out, errs = inside(t, nil, "submit", "bad.csv", "--dry-run")
	if exit != exitPass || strings.Count(out, "/bad ") != 12 || !strings.Contains(errs, "12 would be published, 0 wrong") {
		t.Errorf("again: exit %d\n%s%s", exit, out, errs)
	}
}

func tail(s string) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(len(lines)-30, 0):], "\n")
}

// TestWrongLinesLoseNothing: with --json, each line of a list is a request or a
// failure that has it whole, in whatever encoding it was.
func TestWrongLinesLoseNothing(t *testing.T) {
	text, right, wrong, _ := trialList()
	bare := strings.NewReplacer("\ufeff", "", "\u202e", "").Replace // of what CP949 has not
	plain, err := korean.EUCKR.NewEncoder().String(bare(text))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.TrimPrefix(text, "\ufeff"))
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]string{"UTF-8": text, "CP949": plain, "UTF-16": wide} {
		exit, out, errs := inside(t, strings.NewReader(list), "submit", "-", "--dry-run", "--json")
		requests, failures := 0, 0
		for line := range strings.Lines(out) {
			var f job.Failure
			if err := json.Unmarshal([]byte(line), &f); err != nil {
				t.Fatal(err)
			}
			if f.Schema == job.RequestSchema {
				requests++
				continue
			}
			failures++
			where := regexp.MustCompile(`^standard input:([0-9]+): `).FindStringSubmatch(f.Message)
			if where == nil || f.Kind != fault.Invalid || len(f.Original()) == 0 || !strings.Contains(bare(text), bare(string(f.Original()))) {
				t.Errorf("%s: %+v has %q", name, f, f.Original())
			}
		}
		if exit != exitFailed || requests != right || failures != wrong || name != "UTF-8" && !strings.Contains(errs, "is "+name) {
			t.Errorf("%s: exit %d, %d requests, %d failures, want %d and %d\n%s", name, exit, requests, failures, right, wrong, tail(errs))
		}
	}
}

// TestInterruptedWhileItTalksToKafka: what was watched or submitted when it was
// interrupted is told, and that it was.
func TestInterruptedWhileItTalksToKafka(t *testing.T) {
	newFakeCloud(t)
	if exit, _, errs := inside(t, nil, "submit", `{"id":"p-1","url":"https://shop.example/slow"}`); exit != exitPass {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	if exit := insideOf(ctx, nil, &out, writes{&errs, interrupt}, "status", "--watch"); exit != exitInterrupted || !strings.HasSuffix(errs.String(), "pageinspect: interrupted\n") || !strings.Contains(out.String(), "Next: pageinspect status --watch waits for the 1 under way") {
		t.Errorf("exit %d\n%s%s", exit, out.String(), errs.String())
	}
	for _, args := range [][]string{{"submit", "https://shop.example/1"}, {"status"}, {"errors"}, {"retry"}, {"results"}} {
		errs.Reset()
		if exit := insideOf(ctx, nil, io.Discard, &errs, args...); exit != exitInterrupted || !strings.HasSuffix(errs.String(), "pageinspect: interrupted\n") {
			t.Errorf("%v: exit %d, %s", args, exit, errs.String())
		}
	}
}

// writes calls a function at each write.
type writes struct {
	io.Writer
	each func()
}

func (w writes) Write(b []byte) (int, error) {
	w.each()
	return w.Writer.Write(b)
}

// TestABrokerThatCannotWrite says -1 and nothing else; the command says where to look.
func TestABrokerThatCannotWrite(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, localcloud.RequestsTopic))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		produce := request.(*kmsg.ProduceRequest)
		answer := produce.ResponseKind().(*kmsg.ProduceResponse)
		for _, asked := range produce.Topics {
			said := kmsg.NewProduceResponseTopic()
			said.Topic, said.TopicID = asked.Topic, asked.TopicID
			for _, p := range asked.Partitions {
				partition := kmsg.NewProduceResponseTopicPartition()
				partition.Partition, partition.ErrorCode = p.Partition, -1
				said.Partitions = append(said.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, said)
		}
		return answer, nil, true
	})
	t.Setenv("KAFKA_BROKERS", cluster.ListenAddrs()[0])
	exit, _, errs := inside(t, nil, "submit", "https://shop.example/1")
	if exit != exitFailed || !strings.Contains(errs, "its disk is full: its log tells; 0 of 1 requests were acknowledged") {
		t.Errorf("exit %d: %s", exit, errs)
	}
}
