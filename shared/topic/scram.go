package topic

import (
	"context"

	"github.com/segmentio/kafka-go/sasl"
	franz "github.com/twmb/franz-go/pkg/sasl"
)

// scramMechanism lets kafka-go use franz-go's SCRAM; its own needs a module
// that nothing else here does.
type scramMechanism struct{ franz.Mechanism }

func (m scramMechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	s, first, err := m.Authenticate(ctx, "") // SCRAM does not use the host
	return scramSession{s}, first, err
}

type scramSession struct{ franz.Session }

func (s scramSession) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	return s.Challenge(challenge)
}
