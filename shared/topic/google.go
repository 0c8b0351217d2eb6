package topic

import (
	"context"
	"sync"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// googleMechanism signs in to Google's Managed Kafka without a password: PLAIN
// with the account's email and, for each connection, an access token that is
// valid then. See https://cloud.google.com/managed-service-for-apache-kafka/docs/authentication-kafka.
type googleMechanism struct {
	email  string
	tokens func() (oauth2.TokenSource, error)
}

func newGoogleMechanism(email string) googleMechanism {
	return googleMechanism{email, sync.OnceValues(func() (oauth2.TokenSource, error) {
		// Outlives every request: the source renews its token an hour later.
		return google.DefaultTokenSource(context.Background(), "https://www.googleapis.com/auth/cloud-platform")
	})}
}

func (googleMechanism) Name() string { return Plain }

func (m googleMechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	source, err := m.tokens()
	if err != nil {
		return nil, nil, fault.New(fault.Internal,
			"KAFKA_SASL_MECHANISM=%s finds no credentials: %w; give the service an account, or run `gcloud auth application-default login`",
			Google, err)
	}
	token, err := source.Token()
	if err != nil {
		return nil, nil, fault.Wrap(fault.Transient, err, "get an access token for Kafka")
	}
	return plain.Mechanism{Username: m.email, Password: token.AccessToken}.Start(ctx)
}
