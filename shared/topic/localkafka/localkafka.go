// Package localkafka is a Kafka broker inside this process, for working on one
// machine and for tests: a stand-in that speaks Kafka's protocol to the real clients.
//
// # What it promises
//
// With a directory, what it acknowledged and the offsets that groups committed
// are there after the process was killed, at any moment, and started again on
// the same directory. They are in the operating system's cache by then, not
// necessarily on the disk: a power failure may take the last moments.
// Without a directory everything ends with Close.
//
// Members of consumer groups do not outlive the broker: after a restart a group
// that joins again has its partitions at once.
//
// It is one broker without authentication, so it belongs on a loopback address. One that listens
// at every address, in a container, tells its clients to call 127.0.0.1 all the same.
package localkafka

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/loopback"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// DefaultAddr lets the system choose a free port.
const DefaultAddr = "127.0.0.1:0"

// Config says where the broker keeps and offers its topics.
type Config struct {
	Dir    string         // "" keeps everything in memory
	Addr   string         // host:port to listen on; "" is DefaultAddr
	Topics map[string]int // topics to create where they are missing, with their number of partitions
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	unlock  func()
	closing sync.Once
}

// Start starts a broker and creates the topics that are missing. A port or a
// directory that is in use is fault.Invalid.
func Start(cfg Config) (*Broker, error) {
	if cfg.Addr == "" {
		cfg.Addr = DefaultAddr
	}
	unlock := func() {}
	if cfg.Dir != "" {
		var err error
		if unlock, err = lock(cfg.Dir); err != nil {
			return nil, err
		}
		if err := dropMembers(cfg.Dir); err != nil {
			unlock()
			return nil, err
		}
	}
	b, err := start(cfg, unlock)
	if err != nil {
		unlock()
		return nil, err
	}
	if len(cfg.Topics) == 0 {
		return b, nil
	}
	var specs []topic.Spec
	for _, name := range slices.Sorted(maps.Keys(cfg.Topics)) {
		specs = append(specs, topic.Spec{Name: name, Partitions: cfg.Topics[name]})
	}
	if err := topic.Ensure(context.Background(), topic.Config{Brokers: []string{b.addr}}, specs...); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func start(cfg Config, unlock func()) (*Broker, error) {
	// Listening comes first and by ourselves, for an error that says which port.
	l, err := net.Listen("tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.New(fault.Invalid,
			"local Kafka: %s is in use; stop what listens there (perhaps another Pageinspect) or choose another port: %w", cfg.Addr,
			err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka: listen on %s", cfg.Addr)
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return loopback.NoBrowsers(l), nil }),
	}
	if cfg.Dir != "" {
		opts = append(opts, kfake.DataDir(cfg.Dir))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		l.Close()
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka: open %s; if its files are damaged, move it away", cfg.Dir)
	}
	return &Broker{cluster: cluster, addr: loopback.Reached(l.Addr()).String(), unlock: unlock}, nil
}

// dropMembers forgets the group members that a clean Close noted down. Their
// processes are gone, or join again by themselves; waiting for their sessions
// to expire would hold up whoever joins by seconds. A killed broker notes none.
func dropMembers(dir string) error {
	err := os.Remove(filepath.Join(dir, "session_state.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Invalid, err, "local Kafka")
	}
	return nil
}

// Addr is the address to give to clients, host:port.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker and, if it has a directory, brings it up to date.
func (b *Broker) Close() {
	b.closing.Do(func() {
		b.cluster.Close()
		b.unlock()
	})
}
