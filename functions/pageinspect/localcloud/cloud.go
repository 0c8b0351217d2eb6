// Package localcloud runs all of Pageinspect on one machine: a Kafka broker, an
// object store that announces what is put into it, a Vision, a Kafka Connect,
// and the two functions as processes of their own under the functions
// framework, restarted when they die, as the platform would.
//
// The production programs run unchanged; only endpoints differ. All state is
// under one directory, written before it is acknowledged, so that a SIGKILL at
// any moment loses nothing that was accepted.
package localcloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/recognize/localvision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localconnect"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// The names that the local cloud's parts know each other by.
const (
	RequestsTopic  = "pageinspect.requests"
	ResultsTopic   = "pageinspect.results"
	ErrorsTopic    = "pageinspect.errors"
	DecisionsTopic = "pageinspect.decisions"
	Screenshots    = "local-screenshots"
	Pages          = "local-pages"
	Results        = "local-results"
)

// Config says where the local cloud keeps its state and listens. An empty
// address is a free port of 127.0.0.1.
type Config struct {
	Dir                                        string // state; must exist
	Kafka, Storage, Vision, Capture, Recognize string // host:port
	// External is a Kafka to use in place of the stand-in, with a Kafka Connect of
	// its own that delivers requests to Capture; nil starts both stand-ins.
	External *topic.Config
	Programs string // folder of the functions' programs; see FindPrograms
	Profiles string // a profiles file, or ""
	Rules    []string
	Allow    []string // private addresses that pages may visit
	// AllowNamed lets each page visit the private address that its request's URL
	// names literally, too.
	AllowNamed bool
	Tabs       int // pages captured at once
	Timeout    time.Duration
	Log        *slog.Logger
	// Hear is given every log line of the functions, decoded; nil ignores them.
	Hear func(map[string]any)
	// LogTo gets the functions' log lines as they are.
	LogTo io.Writer
}

// Cloud is a local cloud that is up.
type Cloud struct {
	cfg       Config
	Kafka     topic.Config
	Store     *store.Client
	Addresses Addresses

	broker    *localkafka.Broker
	storage   *localgcs.Server
	vision    *localvision.Server
	functions []*function
	writer    *topic.Writer
	stop      context.CancelFunc
	connector sync.WaitGroup
	failed    chan error
}

// Addresses are where the parts listen, host:port.
type Addresses struct{ Kafka, Storage, Vision, Capture, Recognize string }

// Start brings everything up, in the order of need, and returns when both
// functions answer. On an error all that was started is stopped again.
func Start(ctx context.Context, cfg Config) (*Cloud, error) {
	if err := localvision.Check(ctx); err != nil {
		return nil, err
	}
	c := &Cloud{cfg: cfg, failed: make(chan error, 4)}
	if err := c.start(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context) (err error) {
	cfg := c.cfg
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	c.storage, err = localgcs.Start(localgcs.Config{
		Dir: filepath.Join(cfg.Dir, "storage"), Addr: cfg.Storage, Buckets: []string{Screenshots, Pages, Results},
		Notify: map[string]string{Pages: ""}, Deliveries: recognizeAtOnce, Logger: cfg.Log,
	})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "storage")
	}
	c.Addresses.Storage = c.storage.Endpoint()
	c.vision, err = localvision.Start(localvision.Config{Addr: cfg.Vision, Open: c.storage.Open})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "Vision stand-in")
	}
	c.Addresses.Vision = c.vision.Addr()
	if err := c.startKafka(ctx); err != nil {
		return err
	}
	if c.writer, err = topic.NewWriter(c.Kafka); err != nil {
		return err
	}
	if c.Store, err = store.New(ctx, store.Config{EmulatorHost: c.Addresses.Storage}); err != nil {
		return err
	}
	if err := c.startFunctions(ctx, life); err != nil {
		return err
	}
	c.storage.SetNotify(Pages, "http://"+c.Addresses.Recognize+"/")
	if cfg.External == nil {
		c.connect(life)
	}
	return nil
}

func (c *Cloud) startKafka(ctx context.Context) (err error) {
	partitions := map[string]int{RequestsTopic: 8, ResultsTopic: 4, ErrorsTopic: 1, DecisionsTopic: 1}
	if c.cfg.External != nil {
		c.Kafka = *c.cfg.External
		c.Addresses.Kafka = strings.Join(c.Kafka.Brokers, ",")
		for name, n := range partitions {
			if err := topic.Ensure(ctx, c.Kafka, topic.Spec{Name: name, Partitions: n}); err != nil {
				return err
			}
		}
		return nil
	}
	c.broker, err = localkafka.Start(localkafka.Config{Dir: filepath.Join(c.cfg.Dir, "kafka"), Addr: c.cfg.Kafka, Topics: partitions})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "Kafka")
	}
	c.Addresses.Kafka = c.broker.Addr()
	c.Kafka = topic.Config{Brokers: []string{c.Addresses.Kafka}}
	return nil
}

// recognizeAtOnce is how many pages are recognized at a time: Tesseract takes
// a core for each tile, so more would only wait.
const recognizeAtOnce = 2

func (c *Cloud) startFunctions(ctx, life context.Context) error {
	timeout := c.cfg.Timeout
	if timeout == 0 {
		timeout = 540 * time.Second
	}
	common := []string{
		"KAFKA_BROKERS=" + c.Addresses.Kafka,
		"KAFKA_SASL_MECHANISM=" + c.Kafka.SASLMechanism,
		"KAFKA_SASL_USERNAME=" + c.Kafka.SASLUsername, "KAFKA_SASL_PASSWORD=" + c.Kafka.SASLPassword,
		fmt.Sprintf("KAFKA_TLS=%t", c.Kafka.TLS), "KAFKA_TLS_CA=" + c.Kafka.TLSCA,
		"STORAGE_EMULATOR_HOST=" + c.Addresses.Storage,
		"VISION_EMULATOR_HOST=" + c.Addresses.Vision,
		"RESULTS_TOPIC=" + ResultsTopic, "ERRORS_TOPIC=" + ErrorsTopic,
		"SCREENSHOTS_BUCKET=" + Screenshots, "PAGES_BUCKET=" + Pages, "RESULTS_BUCKET=" + Results,
		fmt.Sprintf("CLOUD_RUN_TIMEOUT_SECONDS=%d", int(timeout.Seconds())),
		"LOCAL_ONLY=true",
		// Whoever restarts it waits for the leases of what was killed.
		"LEASE_TTL=10s",
	}
	captureEnv := append([]string{
		"FUNCTION_TARGET=Capture", "PROFILES=" + c.cfg.Profiles, "CAPTURE_ALLOW=" + strings.Join(c.cfg.Allow, ","),
		fmt.Sprintf("CAPTURE_ALLOW_NAMED=%t", c.cfg.AllowNamed),
		// One more than the connector delivers at once, for a delivery that lost its client.
		fmt.Sprintf("CAPTURE_TABS=%d", c.tabs()+1),
	}, common...)
	recognizeEnv := append([]string{"FUNCTION_TARGET=Recognize", "RULES=" + strings.Join(c.cfg.Rules, ",")}, common...)
	for _, f := range []struct {
		name, addr string
		env        []string
		got        *string
	}{
		{"capture", c.cfg.Capture, captureEnv, &c.Addresses.Capture},
		{"recognize", c.cfg.Recognize, recognizeEnv, &c.Addresses.Recognize},
	} {
		fn, err := startFunction(life, f.name, f.addr, f.env, c.cfg)
		if err != nil {
			return err
		}
		c.functions = append(c.functions, fn)
		*f.got = fn.addr
	}
	for _, fn := range c.functions {
		if err := fn.ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) tabs() int {
	if c.cfg.Tabs > 0 {
		return c.cfg.Tabs
	}
	return 2
}

// connect delivers requests to Capture as Kafka Connect would. What it gives
// up on goes to the errors topic.
func (c *Cloud) connect(ctx context.Context) {
	c.connector.Go(func() {
		err := localconnect.Run(ctx, localconnect.Config{
			Kafka: c.Kafka, Group: "pageinspect-capture", Topic: RequestsTopic,
			URL: "http://" + c.Addresses.Capture + "/", Tasks: c.tabs(),
			MaxRetries: 10, Backoff: 200 * time.Millisecond, MaxBackoff: 10 * time.Second,
			Client: &http.Client{}, DeadLetter: c.deadLetter, Logger: c.cfg.Log,
		})
		if err != nil && ctx.Err() == nil {
			c.failed <- fault.Wrap(fault.Internal, err, "connector")
		}
	})
}

func (c *Cloud) deadLetter(ctx context.Context, m topic.Message, last error) error {
	s := job.Source{Via: "connect", Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}
	r, _ := job.DecodeRequest(m.Value)
	b, err := json.Marshal(job.NewFailure(job.StageDeliver, fault.Wrap(fault.Transient, last, "the connector gave up"),
		r.Identify(s, m.Value), m.Value, s, time.Now()))
	if err != nil {
		return err
	}
	return c.writer.Publish(ctx, topic.Message{Topic: ErrorsTopic, Key: m.Key, Value: b})
}

// Failed tells of a part that stopped by itself and could not be restarted.
func (c *Cloud) Failed() <-chan error { return c.failed }

// Close stops everything: first what delivers, then the functions, then what
// they use. What was under way is delivered again at the next start.
func (c *Cloud) Close() {
	c.stop()
	c.connector.Wait()
	for _, f := range c.functions {
		f.wait()
	}
	if c.writer != nil {
		c.writer.Close()
	}
	if c.storage != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		c.storage.Close(ctx) //nolint:errcheck // what was not delivered is in its journal
	}
	if c.vision != nil {
		c.vision.Close() //nolint:errcheck // nothing of it is kept
	}
	if c.broker != nil {
		c.broker.Close()
	}
	if c.Store != nil {
		c.Store.Close() //nolint:errcheck // nothing of it is kept
	}
}
