package apachekafka

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Plugin is a connector that a worker can have: a profile of pom.xml.
type Plugin string

// The connectors that Maven can bring. PubSub is 60 MB.
const (
	Camel  Plugin = "camel"  // org.apache.camel.kafkaconnector.CamelSinkConnector, with camel-http
	PubSub Plugin = "pubsub" // com.google.pubsub.kafka.sink.CloudPubSubSinkConnector
)

// Connect is a running Kafka Connect of one worker, in distributed mode. Byte
// arrays are its default converters, and ${env:NAME} in a connector's
// configuration is a variable of its environment.
type Connect struct {
	url    string
	start  func() *process
	worker *process
}

// StartConnect starts a worker that ends with the test. Besides the plugins it
// has those in the folder that CONNECT_PLUGINS names, if any. env is NAME=value.
func StartConnect(t testing.TB, kafka *Broker, env []string, plugins ...Plugin) *Connect {
	t.Helper()
	classpath := strings.Join(jars(t, "kafka"), ":")
	dir := directory(t)
	path := filepath.Join(dir, "plugins")
	for _, p := range plugins {
		folder := filepath.Join(path, string(p))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, jar := range jars(t, string(p)) {
			if err := os.Symlink(jar, filepath.Join(folder, filepath.Base(jar))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if more := os.Getenv("CONNECT_PLUGINS"); more != "" {
		path += "," + more
	}
	address := freeAddress(t)
	file := filepath.Join(dir, "connect.properties")
	// Camel's jar lists its connectors nowhere, so they must be searched for. The
	// last five lines have a killed worker's successor wait for seconds, not minutes.
	write(t, file, `bootstrap.servers=`+kafka.Plain.Brokers[0]+`
group.id=connect
listeners=http://`+address+`
plugin.path=`+path+`
plugin.discovery=hybrid_warn
key.converter=org.apache.kafka.connect.converters.ByteArrayConverter
value.converter=org.apache.kafka.connect.converters.ByteArrayConverter
config.providers=env
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=1
status.storage.partitions=1
offset.flush.interval.ms=1000
session.timeout.ms=6000
heartbeat.interval.ms=1000
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
`)
	c := &Connect{url: "http://" + address, start: func() *process {
		return java(t, dir, "connect", env, classpath, "org.apache.kafka.connect.cli.ConnectDistributed", file)
	}}
	c.Run(t)
	return c
}

// Kill ends the worker with SIGKILL.
func (c *Connect) Kill() { c.worker.kill() }

// Run starts the worker again, after Kill. Its connectors go on, since what they
// are is in Kafka.
func (c *Connect) Run(t testing.TB) {
	t.Helper()
	c.worker = c.start()
	c.worker.await(t, "Kafka Connect is up", func(ctx context.Context) error {
		var connectors []string
		return c.call(ctx, http.MethodGet, "/connectors", nil, &connectors)
	})
}

// Create starts a connector from what POST /connectors takes, the configuration
// files' own form, and returns when it and all its tasks run.
func (c *Connect) Create(t testing.TB, definition []byte) {
	t.Helper()
	var created struct {
		Name string `json:"name"`
	}
	if err := c.call(t.Context(), http.MethodPost, "/connectors", definition, &created); err != nil {
		t.Fatal(err)
	}
	c.worker.await(t, "connector "+created.Name+" runs", func(ctx context.Context) error {
		states, err := c.States(ctx, created.Name)
		if err != nil {
			return err
		}
		for _, s := range states {
			if s != "RUNNING" {
				return fmt.Errorf("its states are %v", states)
			}
		}
		if len(states) < 2 {
			return fmt.Errorf("it has no task yet")
		}
		return nil
	})
}

// Delete stops a connector and returns when it is gone.
func (c *Connect) Delete(t testing.TB, name string) {
	t.Helper()
	if err := c.call(t.Context(), http.MethodDelete, "/connectors/"+name, nil, nil); err != nil {
		t.Fatal(err)
	}
	c.worker.await(t, "connector "+name+" is gone", func(ctx context.Context) error {
		if states, err := c.States(ctx, name); err == nil {
			return fmt.Errorf("its states are %v", states)
		}
		return nil
	})
}

// Has says whether the worker has a connector of that class.
func (c *Connect) Has(t testing.TB, class string) bool {
	t.Helper()
	var plugins []struct {
		Class string `json:"class"`
	}
	if err := c.call(t.Context(), http.MethodGet, "/connector-plugins", nil, &plugins); err != nil {
		t.Fatal(err)
	}
	for _, p := range plugins {
		if p.Class == class {
			return true
		}
	}
	return false
}

// States are those of a connector and of its tasks, such as RUNNING or FAILED.
func (c *Connect) States(ctx context.Context, name string) ([]string, error) {
	type part struct {
		State string `json:"state"`
	}
	var status struct {
		Connector part   `json:"connector"`
		Tasks     []part `json:"tasks"`
	}
	if err := c.call(ctx, http.MethodGet, "/connectors/"+name+"/status", nil, &status); err != nil {
		return nil, err
	}
	states := []string{status.Connector.State}
	for _, task := range status.Tasks {
		states = append(states, task.State)
	}
	return states, nil
}

// Property is one that a connector's ConfigDef defines, and what the connector
// says about the value it was given.
type Property struct {
	Definition struct {
		Name     string `json:"name"`
		Type     string `json:"type"` // of ConfigDef.Type, such as INT
		Required bool   `json:"required"`
	} `json:"definition"`
	Value struct {
		Errors []string `json:"errors"`
	} `json:"value"`
}

// Validate has a connector check a configuration, and returns what it defines
// and what it says of each property.
func (c *Connect) Validate(t testing.TB, config map[string]string) []Property {
	t.Helper()
	body, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var verdict struct {
		Configs []Property `json:"configs"`
	}
	path := "/connector-plugins/" + config["connector.class"] + "/config/validate"
	if err := c.call(t.Context(), http.MethodPut, path, body, &verdict); err != nil {
		t.Fatal(err)
	}
	return verdict.Configs
}

func (c *Connect) call(ctx context.Context, method, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(b, answer)
}
