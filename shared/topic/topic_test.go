package topic_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
	"github.com/pageinspect/pageinspect/shared/topic/topictest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker starts a stand-in for one test.
func broker(t testing.TB, topics map[string]int) topic.Config {
	t.Helper()
	b, err := localkafka.Start(localkafka.Config{Topics: topics})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return topic.Config{Brokers: []string{b.Addr()}}
}

// TestConformance runs on the stand-in; TestApacheKafka on the real thing.
func TestConformance(t *testing.T) { topictest.Conformance(t, broker(t, nil)) }

func TestTransactions(t *testing.T) { topictest.Transactions(t, broker(t, nil)) }
