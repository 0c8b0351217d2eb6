// Package apachekafka runs a real Apache Kafka and a real Kafka Connect for the
// tests that ask whether the stand-ins are honest. Only tests use it; those that
// do have the build tag kafka, and `make test-kafka` runs them.
//
// # What it promises
//
// Maven brings Kafka and the connectors, of the versions in pom.xml, into its own
// repository, and refuses a file whose checksum is not the one it was told. Maven
// 3 and Java 17 or later must be on the PATH.
//
// Broker and worker are child processes of the test, with ports and directories
// of their own, which end with it, however it ends. What they said is kept and
// named if the test fails.
package apachekafka

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/topic"
)

const (
	// patience bounds a start. It takes 5 s on two free cores, and minutes on busy ones.
	patience = 4 * time.Minute

	username, password = "pageinspect", "a password of the tests"

	clusterID = "cGFnZWluc3BlY3QtdGVzdA"
)

// Broker is a running Kafka of one node (KRaft, broker and controller in one).
type Broker struct {
	Plain   topic.Config // without authentication
	Secured topic.Config // SCRAM-SHA-512 over TLS, with an authority of its own

	start   func() *process
	process *process
}

// Start starts a Kafka that ends with the test.
func Start(t testing.TB) *Broker {
	t.Helper()
	classpath := strings.Join(jars(t, "kafka"), ":")
	dir := directory(t)
	ca, keystore := certify(t, dir)
	plain, secured, controller := freeAddress(t), freeAddress(t), freeAddress(t)
	file := filepath.Join(dir, "server.properties")
	write(t, file, `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@`+controller+`
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://`+plain+`,SASL_SSL://`+secured+`,CONTROLLER://`+controller+`
advertised.listeners=PLAINTEXT://`+plain+`,SASL_SSL://`+secured+`
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=`+keystore+`
log.dirs=`+filepath.Join(dir, "data")+`
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
`)
	format := java(t, dir, "format", nil, classpath, "kafka.tools.StorageTool", "format", "--cluster-id", clusterID, "--config", file,
		"--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", username, password))
	if <-format.ended; format.err != nil {
		t.Fatalf("Kafka's storage could not be formatted: %v\n%s", format.err, format.tail())
	}
	b := &Broker{
		Plain: topic.Config{Brokers: []string{plain}},
		Secured: topic.Config{Brokers: []string{secured}, SASLMechanism: topic.ScramSHA512,
			SASLUsername: username, SASLPassword: password, TLS: true, TLSCA: ca},
		start: func() *process { return java(t, dir, "broker", nil, classpath, "kafka.Kafka", file) },
	}
	b.Run(t)
	return b
}

// Kill ends the broker with SIGKILL.
func (b *Broker) Kill() { b.process.kill() }

// Run starts the broker again on what it kept, after Kill.
func (b *Broker) Run(t testing.TB) {
	t.Helper()
	b.process = b.start()
	b.process.await(t, "Kafka is up", func(ctx context.Context) error { return topic.Ping(ctx, b.Plain) })
}

// directory is a new one that is removed unless the test fails.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pageinspect-kafka-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the logs are kept in %s", dir)
			return
		}
		os.RemoveAll(dir)
	})
	return dir
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
